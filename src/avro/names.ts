/** Standard objects whose API name carries a number that means nothing outside Salesforce. */
const slugs: Readonly<Record<string, string>> = { Product2: 'product', Pricebook2: 'pricebook' }

/** The object's part of topic names and namespaces: `Contact` -> `contact`, `Product2` -> `product`, `Invoice__c` -> `invoice__c`. Only `[a-z0-9._-]`; unique, because API names differ in more than case. */
export const objectSlug = (object: string): string =>
  Object.hasOwn(slugs, object) ? slugs[object]! : object.toLowerCase().replace(/[^a-z0-9._-]/g, '_')

/** The Avro namespace of an object: `salesforce.contact`. */
export const namespaceOf = (object: string): string => `salesforce.${objectSlug(object)}`

/** The topic of an object's events. */
export const eventTopicOf = (topicPrefix: string, object: string): string =>
  `${topicPrefix}.${objectSlug(object)}.events`

/**
 * A Salesforce API name as an Avro name: itself nearly always. A character Avro forbids becomes `_x<hex>_`, a function of
 * the name alone, so that a field added later never renames another (which would break compatibility). Words that are
 * reserved in some language stay: Avro has no reserved field names, and its code generators spell theirs. The one name that
 * no JavaScript reader can hold is spelled too.
 */
export const avroName = (apiName: string): string =>
  apiName
    .replace(/[^A-Za-z0-9_]/gu, char => `_x${char.codePointAt(0)!.toString(16)}_`)
    .replace(/^(?=[0-9])/, '_')
    .replace(/^__(?=proto__$)/, '_x5f__x5f_')
