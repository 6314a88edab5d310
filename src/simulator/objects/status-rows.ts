/** What a new org calls the steps of its processes (salesforce-facts 6.10); the first of a list is the default. */
export const leadStatuses = [
  { name: 'Open - Not Contacted', converted: false },
  { name: 'Working - Contacted', converted: false },
  { name: 'Closed - Converted', converted: true },
  { name: 'Closed - Not Converted', converted: false },
] as const

export const taskStatuses = [
  { name: 'Not Started', closed: false },
  { name: 'In Progress', closed: false },
  { name: 'Completed', closed: true },
  { name: 'Waiting on someone else', closed: false },
  { name: 'Deferred', closed: false },
] as const

export const orderStatuses = [
  { name: 'Draft', code: 'Draft' },
  { name: 'Activated', code: 'Activated' },
] as const

/** A step of a sale: `category` is the forecast category by the name that people use. */
export interface Stage {
  readonly name: string
  readonly probability: number
  readonly closed: boolean
  readonly won: boolean
  readonly category: string
}

const open = (name: string, probability: number): Stage => ({
  name,
  probability,
  closed: false,
  won: false,
  category: 'Pipeline',
})

export const opportunityStages: readonly Stage[] = [
  open('Prospecting', 10),
  open('Qualification', 10),
  open('Needs Analysis', 20),
  open('Value Proposition', 50),
  open('Id. Decision Makers', 60),
  open('Perception Analysis', 70),
  open('Proposal/Price Quote', 75),
  open('Negotiation/Review', 90),
  { name: 'Closed Won', probability: 100, closed: true, won: true, category: 'Closed' },
  { name: 'Closed Lost', probability: 0, closed: true, won: false, category: 'Omitted' },
]

/** What a new campaign's members may be (salesforce-facts 6.10). */
export const memberStatuses = [
  { label: 'Sent', responded: false },
  { label: 'Responded', responded: true },
] as const
