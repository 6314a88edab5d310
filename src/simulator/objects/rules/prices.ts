import { rowError } from '../../api-error.ts'
import type { ObjectRules, Saving } from '../../org/object-rules.ts'
import { saveAsSystem } from '../../org/save.ts'
import { cellOf, newValue, type OtherRow, rowOf, rowsWith, setValue } from './saving.ts'

/** Pricebook2 (salesforce-facts 6.8): the standard price book stays. */
export const priceBookRules: ObjectRules = {
  beforeDelete(_org, table, row) {
    if (cellOf(table, row.cells, 'IsStandard') !== true) return
    const name = cellOf(table, row.cells, 'Name')
    throw rowError('DELETE_FAILED', `Your attempt to delete ${name} could not be completed because it is standard.`)
  },
}

const isStandard = (saving: Saving, priceBookId: OtherRow | undefined): boolean =>
  rowOf(saving, 'Pricebook2', priceBookId?.get('Pricebook2Id') ?? null)?.get('IsStandard') === true

/** PricebookEntry (salesforce-facts 6.1, 6.8): the standard price comes before a custom one; a product has one price in a book. */
export const priceBookEntryRules: ObjectRules = {
  beforeSave(saving) {
    const book = rowOf(saving, 'Pricebook2', newValue(saving, 'Pricebook2Id'))
    const entries = rowsWith(saving, 'PricebookEntry', 'Product2Id', newValue(saving, 'Product2Id'))
    const others = entries.filter(each => each.row !== saving.row)
    if (others.some(each => each.get('Pricebook2Id') === book?.row.id))
      throw rowError('DUPLICATE_VALUE', 'This price definition already exists in this price book')
    const usesStandard = newValue(saving, 'UseStandardPrice') === true
    if (book?.get('IsStandard') === true) {
      if (usesStandard)
        throw rowError('FIELD_INTEGRITY_EXCEPTION', 'Use Standard Price: not in the standard price book', [
          'UseStandardPrice',
        ])
      return
    }
    const standard = others.find(each => isStandard(saving, each))
    if (!standard) {
      const message = 'Before creating a custom price, create a standard price.'
      throw rowError('STANDARD_PRICE_NOT_DEFINED', message)
    }
    if (usesStandard) setValue(saving, 'UnitPrice', standard.get('UnitPrice'))
  },
  afterSave(saving) {
    const { org, transaction, table, row } = saving
    const entries = rowsWith(saving, 'PricebookEntry', 'Product2Id', newValue(saving, 'Product2Id'))
    if (!isStandard(saving, rowOf(saving, 'PricebookEntry', row.id))) return
    const price = newValue(saving, 'UnitPrice')
    for (const entry of entries) {
      if (entry.get('UseStandardPrice') === true && entry.get('UnitPrice') !== price)
        saveAsSystem(org, transaction, table, entry.row, { UnitPrice: price })
    }
  },
}
