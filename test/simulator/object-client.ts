import { expect } from 'vitest'
import { errorsOf } from './control-client.ts'
import { type Got, useSimulator } from './rest-client.ts'

/** The first error of a refused request. */
export const refusal = (got: Got) => (got.status < 400 ? undefined : errorsOf(got)[0])

/** A simulator and a client for all tests of a file. */
export function useObjects() {
  const client = useSimulator()
  const post = (object: string, fields: object) => client.post(`/sobjects/${object}`, fields)
  return {
    client,
    org: () => client.simulator.org,
    post,
    patch: (object: string, id: string, fields: object) => client.patch(`/sobjects/${object}/${id}`, fields),
    /** Expects success; returns the id. */
    create: async (object: string, fields: object): Promise<string> => {
      const got = await post(object, fields)
      expect(got).toMatchObject({ status: 201 })
      return (got.body as { id: string }).id
    },
    rowOf: (object: string, id: string) => client.simulator.org.row(object, id) ?? {},
  }
}
