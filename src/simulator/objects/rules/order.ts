import { rowError } from '../../api-error.ts'
import type { Cell } from '../../org/cell.ts'
import type { ObjectRules, Saving } from '../../org/object-rules.ts'
import type { Org } from '../../org/org.ts'
import type { FormulaRow } from '../definition.ts'
import { orderStatuses } from '../status-rows.ts'
import { cellOf, isChanged, isGiven, newValue, requireValues, rowOf, rowsWith, setValue } from './saving.ts'

const twoDigits = (amount: number): number => Math.round(amount * 100) / 100

/** Quantity times UnitPrice. */
export const itemTotal = (item: FormulaRow): number =>
  twoDigits(Number(item.get('Quantity')) * Number(item.get('UnitPrice')))

/** The sum of the order's products; 0 without any. */
export const orderTotal = (order: FormulaRow): number =>
  twoDigits(order.children('OrderItem', 'OrderId').reduce((sum, item) => sum + itemTotal(item), 0))

const activated = 'Activated'

/** Status, or else StatusCode, as the request has it; the other follows. */
function alignStatus(saving: Saving): void {
  if (isGiven(saving, 'StatusCode') && !isGiven(saving, 'Status')) {
    const first = orderStatuses.find(each => each.code === newValue(saving, 'StatusCode'))
    if (first) setValue(saving, 'Status', first.name)
  }
  const status = orderStatuses.find(each => each.name === newValue(saving, 'Status'))
  setValue(saving, 'StatusCode', status?.code ?? 'Draft')
}

function activate(saving: Saving): void {
  const { org, row, given, transaction } = saving
  if (rowsWith(saving, 'OrderItem', 'OrderId', row.id).length === 0)
    throw rowError('FAILED_ACTIVATION', 'An order must have at least one product.', ['Status'])
  const others = [...given].map(field => field.name).filter(name => name !== 'Status' && name !== 'StatusCode')
  if (others.length > 0)
    throw rowError('FAILED_ACTIVATION', 'Only the status can be updated when an order is activated.', others)
  setValue(saving, 'ActivatedDate', org.stampMs())
  setValue(saving, 'ActivatedById', transaction.writer.userId)
}

/** Order (salesforce-facts 6.1, 6.8): made as a draft, activated with at least one product, not deleted while it is active. */
export const orderRules: ObjectRules = {
  beforeSave(saving) {
    requireValues(saving, 'AccountId')
    alignStatus(saving)
    const isActive = newValue(saving, 'StatusCode') === activated
    if (saving.operation === 'create') {
      if (isActive) throw rowError('INVALID_STATUS', 'Status: a new order must be a draft', ['Status'])
      return
    }
    if (isChanged(saving, 'Pricebook2Id') && rowsWith(saving, 'OrderItem', 'OrderId', saving.row.id).length > 0)
      throw rowError('FIELD_INTEGRITY_EXCEPTION', 'Price Book ID: the order has products', ['Pricebook2Id'])
    if (!isChanged(saving, 'StatusCode')) return
    if (isActive) activate(saving)
    else for (const name of ['ActivatedDate', 'ActivatedById']) setValue(saving, name, null)
  },
  beforeDelete(_org, table, row) {
    if (cellOf(table, row.cells, 'StatusCode') === activated) throw frozen('DELETE_FAILED', 'An activated order')
  },
}

const frozen = (code: string, what: string): Error => rowError(code, `${what} cannot be changed or deleted.`)

function refuseActivated(org: Org, orderId: Cell, code: string): void {
  if (rowOf({ org }, 'Order', orderId)?.get('StatusCode') === activated)
    throw frozen(code, 'A product of an activated order')
}

/** The entry must be an active one of the order's price book. */
function checkEntry(saving: Saving): void {
  const entry = rowOf(saving, 'PricebookEntry', newValue(saving, 'PricebookEntryId'))
  const order = rowOf(saving, 'Order', newValue(saving, 'OrderId'))
  const refuse = (why: string) =>
    rowError('FIELD_INTEGRITY_EXCEPTION', `field integrity exception: PricebookEntryId (${why})`, ['PricebookEntryId'])
  if (!entry || entry.get('Pricebook2Id') !== order?.get('Pricebook2Id'))
    throw refuse('pricebook entry is in a different pricebook than the one assigned to the order')
  if (entry.get('IsActive') !== true) throw refuse('pricebook entry is inactive')
  setValue(saving, 'Product2Id', entry.get('Product2Id'))
  if (newValue(saving, 'ListPrice') === null) setValue(saving, 'ListPrice', entry.get('UnitPrice'))
}

/** OrderItem (salesforce-facts 6.1, 6.8): from the order's price book, frozen with the order. */
export const orderItemRules: ObjectRules = {
  beforeSave(saving) {
    refuseActivated(saving.org, newValue(saving, 'OrderId'), 'FIELD_INTEGRITY_EXCEPTION')
    requireValues(saving, 'UnitPrice')
    if (saving.operation === 'create') checkEntry(saving)
  },
  beforeDelete(org, table, row) {
    refuseActivated(org, cellOf(table, row.cells, 'OrderId'), 'DELETE_FAILED')
  },
}
