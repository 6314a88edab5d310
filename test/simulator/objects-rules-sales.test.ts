import { beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from './control-client.ts'
import { refusal, useObjects } from './object-client.ts'

const { client, org, post, patch, create, rowOf } = useObjects()

describe('Opportunity (salesforce-facts 6.6)', () => {
  const deal = { Name: 'Pump', StageName: 'Prospecting', CloseDate: '2027-08-06', Amount: 2000 }

  test('the stage drives probability, outcome and forecast; what is given stays', async () => {
    const id = await create('Opportunity', deal)
    expect(rowOf('Opportunity', id)).toMatchObject({
      ...{ Probability: 10, IsClosed: false, IsWon: false, ForecastCategory: 'Pipeline', ExpectedRevenue: 200 },
      ...{ FiscalYear: 2027, FiscalQuarter: 3, Fiscal: '2027 3', LastStageChangeDate: null },
    })
    await patch('Opportunity', id, { Probability: 35, ForecastCategoryName: 'Best Case' })
    await patch('Opportunity', id, { NextStep: 'Call', StageName: 'Prospecting' })
    expect(rowOf('Opportunity', id)).toMatchObject({ Probability: 35, ForecastCategory: 'BestCase' })
    await patch('Opportunity', id, { StageName: 'Closed Won' })
    expect(rowOf('Opportunity', id)).toMatchObject({
      ...{ Probability: 100, IsClosed: true, IsWon: true, ForecastCategoryName: 'Closed', ForecastCategory: 'Closed' },
      LastStageChangeDate: expect.stringMatching(/^\d{4}/),
    })
    await patch('Opportunity', id, { StageName: 'Closed Lost', Probability: 5 })
    expect(rowOf('Opportunity', id)).toMatchObject({ Probability: 5, IsWon: false, ForecastCategory: 'Omitted' })
  })

  test('ContactId is for create only, and a record type must be one that the user has', async () => {
    const ContactId = await create('Contact', { LastName: 'Ada' })
    const id = await create('Opportunity', { ...deal, ContactId })
    expect(codeOf(await patch('Opportunity', id, { ContactId: null }))).toBe('INVALID_FIELD_FOR_INSERT_UPDATE')
    const recordType = (name: string) =>
      String(
        org()
          .rows('RecordType')
          .find(each => each.Name === name)?.Id,
      )
    expect((await patch('Opportunity', id, { RecordTypeId: recordType('Renewal') })).status).toBe(204)
    const legacy = recordType('Legacy')
    expect(refusal(await patch('Opportunity', id, { RecordTypeId: legacy }))).toEqual({
      errorCode: 'INVALID_CROSS_REFERENCE_KEY',
      message: `Record Type ID: this ID value isn't valid for the user: ${legacy}`,
      fields: ['RecordTypeId'],
    })
  })

  test('Amount belongs to the products once there are any: a write of it is passed over', async () => {
    const id = await create('Opportunity', deal)
    org().revise('Opportunity', id, { HasOpportunityLineItem: true })
    expect((await patch('Opportunity', id, { Amount: 9, NextStep: 'Sign' })).status).toBe(204)
    expect(rowOf('Opportunity', id)).toMatchObject({ Amount: 2000, NextStep: 'Sign' })
  })
})

describe('prices and orders (salesforce-facts 6.1, 6.8)', () => {
  const standard = () =>
    String(
      org()
        .rows('Pricebook2')
        .find(each => each.IsStandard)?.Id,
    )
  let seller = ''
  let product = ''
  let entry = ''
  beforeAll(async () => {
    seller = await create('Account', { Name: 'Seller' })
    product = await create('Product2', { Name: 'Valve', ProductCode: 'V1', IsActive: true })
    const price = { Pricebook2Id: standard(), Product2Id: product, UnitPrice: 9.5, IsActive: true }
    entry = await create('PricebookEntry', price)
  })
  const draft = (fields: object = {}) => ({
    ...{ AccountId: seller, EffectiveDate: '2026-12-01', Status: 'Draft', Pricebook2Id: standard(), ...fields },
  })

  test('the standard price comes first, a product has one price in a book, and names come from the product', async () => {
    const Pricebook2Id = await create('Pricebook2', { Name: 'Partners', IsActive: true })
    const bare = await create('Product2', { Name: 'Bare' })
    expect(codeOf(await post('PricebookEntry', { Pricebook2Id, Product2Id: bare, UnitPrice: 1 }))).toBe(
      'STANDARD_PRICE_NOT_DEFINED',
    )
    const again = { Pricebook2Id: standard(), Product2Id: product, UnitPrice: 1 }
    expect(codeOf(await post('PricebookEntry', again))).toBe('DUPLICATE_VALUE')
    expect(codeOf(await post('PricebookEntry', { ...again, Product2Id: bare, UseStandardPrice: true }))).toBe(
      'FIELD_INTEGRITY_EXCEPTION',
    )
    const custom = { Pricebook2Id, Product2Id: product, UnitPrice: 1, UseStandardPrice: true }
    const id = await create('PricebookEntry', custom)
    expect(rowOf('PricebookEntry', id)).toMatchObject({
      UnitPrice: 9.5,
      IsActive: false,
      Name: 'Valve',
      ProductCode: 'V1',
    })
    await patch('PricebookEntry', entry, { UnitPrice: 12 })
    expect(rowOf('PricebookEntry', id).UnitPrice).toBe(12)
    expect(codeOf(await client.delete(`/sobjects/Pricebook2/${standard()}`))).toBe('DELETE_FAILED')
  })

  test('an order needs an account and starts as a draft', async () => {
    const missing = refusal(await post('Order', draft({ AccountId: null })))
    expect(missing).toMatchObject({ errorCode: 'REQUIRED_FIELD_MISSING', fields: ['AccountId'] })
    expect(codeOf(await post('Order', draft({ Status: 'Activated' })))).toBe('INVALID_STATUS')
    expect(codeOf(await post('Order', draft({ Status: 'Lost' })))).toBe('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST')
    const id = await create('Order', draft())
    expect(rowOf('Order', id)).toMatchObject({
      StatusCode: 'Draft',
      TotalAmount: 0,
      OrderNumber: expect.stringMatching(/^\d{8}$/),
    })
    expect(codeOf(await patch('Order', id, { OrderNumber: '7' }))).toBe('INVALID_FIELD_FOR_INSERT_UPDATE')
  })

  test('an item comes from the price book of the order and is active', async () => {
    const OrderId = await create('Order', draft())
    const line = { OrderId, PricebookEntryId: entry, Quantity: 3, UnitPrice: 2.5 }
    const id = await create('OrderItem', line)
    expect(rowOf('OrderItem', id)).toMatchObject({ Product2Id: product, ListPrice: 12, TotalPrice: 7.5 })
    expect(rowOf('Order', OrderId).TotalAmount).toBe(7.5)
    expect(codeOf(await post('OrderItem', { ...line, UnitPrice: null }))).toBe('REQUIRED_FIELD_MISSING')
    const bookless = await create('Order', draft({ Pricebook2Id: null }))
    expect(codeOf(await post('OrderItem', { ...line, OrderId: bookless }))).toBe('FIELD_INTEGRITY_EXCEPTION')
    await patch('PricebookEntry', entry, { IsActive: false })
    expect(codeOf(await post('OrderItem', line))).toBe('FIELD_INTEGRITY_EXCEPTION')
    await patch('PricebookEntry', entry, { IsActive: true })
    expect(codeOf(await patch('Order', OrderId, { Pricebook2Id: null }))).toBe('FIELD_INTEGRITY_EXCEPTION')
    expect(codeOf(await client.delete(`/sobjects/Product2/${product}`))).toBe('DELETE_FAILED')
  })

  test('an order is activated with a product, by its status alone; then it is frozen', async () => {
    const OrderId = await create('Order', draft())
    expect(codeOf(await patch('Order', OrderId, { Status: 'Activated' }))).toBe('FAILED_ACTIVATION')
    const line = { OrderId, PricebookEntryId: entry, Quantity: 1, UnitPrice: 1 }
    const item = await create('OrderItem', line)
    expect(codeOf(await patch('Order', OrderId, { Status: 'Activated', PoNumber: '1' }))).toBe('FAILED_ACTIVATION')
    expect((await patch('Order', OrderId, { Status: 'Activated' })).status).toBe(204)
    expect(rowOf('Order', OrderId)).toMatchObject({
      ...{ StatusCode: 'Activated', ActivatedById: client.simulator.userId },
      ActivatedDate: expect.stringMatching(/^\d{4}/),
    })
    expect(codeOf(await post('OrderItem', line))).toBe('FIELD_INTEGRITY_EXCEPTION')
    expect(codeOf(await patch('OrderItem', item, { Quantity: 2 }))).toBe('FIELD_INTEGRITY_EXCEPTION')
    expect(codeOf(await client.delete(`/sobjects/OrderItem/${item}`))).toBe('DELETE_FAILED')
    const kept = refusal(await client.delete(`/sobjects/Order/${OrderId}`))
    expect(kept).toMatchObject({
      errorCode: 'DELETE_FAILED',
      message: 'An activated order cannot be changed or deleted.',
    })
    expect(codeOf(await client.delete(`/sobjects/Account/${seller}`))).toBe('DELETE_FAILED')
    await patch('Order', OrderId, { StatusCode: 'Draft' })
    expect(rowOf('Order', OrderId)).toMatchObject({ Status: 'Draft', ActivatedDate: null, ActivatedById: null })
    expect((await client.delete(`/sobjects/Order/${OrderId}`)).status).toBe(204)
  })
})
