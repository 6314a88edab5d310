import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** A module of kafkajs as it is published, beside the repaired one: what a repair is for must be seen to fail without it. */
export function unrepaired<T>(path: string): T {
  const file = require.resolve(`kafkajs/${path}`)
  const repaired = require.cache[file]
  delete require.cache[file]
  try {
    return require(file) as T
  } finally {
    if (repaired) require.cache[file] = repaired
  }
}

/** A module of kafkajs as the product uses it. */
export const internal = <T>(path: string): T => require(`kafkajs/${path}`) as T
