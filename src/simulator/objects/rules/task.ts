import { rowError } from '../../api-error.ts'
import type { Cell } from '../../org/cell.ts'
import type { ObjectRules, Saving } from '../../org/object-rules.ts'
import { taskStatuses } from '../status-rows.ts'
import { newValue, rowOf, setValue } from './saving.ts'

const leadPrefix = '00Q'

/** The account behind what the task is about, or else behind its contact. */
function accountOf(saving: Saving): Cell {
  const [what, who] = [newValue(saving, 'WhatId'), newValue(saving, 'WhoId')]
  if (rowOf(saving, 'Account', what)) return what
  for (const object of ['Opportunity', 'Order']) {
    const row = rowOf(saving, object, what)
    if (row) return row.get('AccountId')
  }
  return rowOf(saving, 'Invoice__c', what)?.get('Account__c') ?? rowOf(saving, 'Contact', who)?.get('AccountId') ?? null
}

/** Task (salesforce-facts 6.4): a lead's task has no WhatId; Status closes it, Priority makes it high. */
export const taskRules: ObjectRules = {
  beforeSave(saving) {
    const [who, what] = [newValue(saving, 'WhoId'), newValue(saving, 'WhatId')]
    if (typeof who === 'string' && who.startsWith(leadPrefix) && what !== null) {
      const message = 'Related To ID: a task of a lead cannot be related to another record'
      throw rowError('FIELD_INTEGRITY_EXCEPTION', message, ['WhatId'])
    }
    const closed = taskStatuses.some(each => each.closed && each.name === newValue(saving, 'Status'))
    if (closed !== (newValue(saving, 'IsClosed') === true)) {
      setValue(saving, 'IsClosed', closed)
      setValue(saving, 'CompletedDateTime', closed ? saving.org.stampMs() : null)
    }
    setValue(saving, 'IsHighPriority', newValue(saving, 'Priority') === 'High')
    setValue(saving, 'AccountId', accountOf(saving))
    setValue(saving, 'WhoCount', who === null ? 0 : 1)
    setValue(saving, 'WhatCount', what === null ? 0 : 1)
  },
}
