import type { Org } from './org.ts'
import type { Transaction } from './transaction.ts'

/** Commits; with a commit delay the rows stay unseen for that time after they were stamped (salesforce-facts 3.6). `wait` takes milliseconds. */
export async function commitLate(
  { commitDelay }: Pick<Org, 'commitDelay'>,
  transaction: Transaction,
  wait: (ms: number) => Promise<void>,
): Promise<void> {
  const delayMs = commitDelay.nextMs()
  if (transaction.changes.length > 0 && delayMs > 0) {
    transaction.park()
    await wait(delayMs)
  }
  transaction.commit()
}
