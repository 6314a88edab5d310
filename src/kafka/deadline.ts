interface Disconnectable {
  disconnect(): Promise<void>
}

/** The operation's result, or an error at `deadlineMs` (epoch); `onLate` is then told, since the operation itself goes on. */
export async function beforeDeadline<T>(operation: Promise<T>, deadlineMs: number, onLate: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        onLate()
        reject(Object.assign(new Error('Kafka did not answer in time'), { retriable: true }))
      },
      Math.max(1, deadlineMs - Date.now()),
    )
  })
  try {
    return await Promise.race([operation, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Closes the connections of a client that is of no use any more; how that ends concerns nobody. */
export async function disconnectNow(client: Disconnectable): Promise<void> {
  await client.disconnect().catch(() => undefined)
}

/** For an operation that was given up: kafkajs may reconnect while it still repeats it, so the client is closed again after it. */
export function disconnectAfter(client: Disconnectable, operation: Promise<unknown>): void {
  void operation.catch(() => undefined).then(() => disconnectNow(client))
}
