import type { Cell } from '../org/cell.ts'
import type { FieldDefinition, FormulaRow } from './definition.ts'
import { calculated, field, number } from './fields.ts'

/** A text formula: its source as describe shows it, and what it comes to. */
interface Formula {
  readonly text: string
  readonly value: (row: FormulaRow) => Cell
}

/** The custom fields that the admins of the simulated org gave each object a connector writes: ids of other systems, a checkbox, an
 *  amount, and a formula. */
export const customFields = (object: string, formula: Formula): readonly FieldDefinition[] => [
  field('External_Id__c', 'External Id', 'string', 'CUNLEQ', 80),
  field('Command_Id__c', 'Command Id', 'string', 'CUNLEQ', 80),
  field('Is_Reviewed__c', 'Reviewed', 'boolean', 'CUD'),
  number('Handling_Cost__c', 'Handling Cost', 'currency', 'CUN', 18, 2),
  calculated('Summary__c', `${object} Summary`, 'string', formula.value, { length: 1300, text: formula.text }),
]
