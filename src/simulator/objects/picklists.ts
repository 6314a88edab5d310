/** Values of standard picklists as a new org has them (salesforce-facts 6.10). */
export const salutations = ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.', 'Mx.']

export const leadSources = ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other']

export const ratings = ['Hot', 'Warm', 'Cold']

// biome-ignore format: one list
export const industries = [
  'Agriculture', 'Apparel', 'Banking', 'Biotechnology', 'Chemicals', 'Communications', 'Construction', 'Consulting',
  'Education', 'Electronics', 'Energy', 'Engineering', 'Entertainment', 'Environmental', 'Finance', 'Food & Beverage',
  'Government', 'Healthcare', 'Hospitality', 'Insurance', 'Machinery', 'Manufacturing', 'Media', 'Not For Profit',
  'Recreation', 'Retail', 'Shipping', 'Technology', 'Telecommunications', 'Transportation', 'Utilities', 'Other',
]

// biome-ignore format: one list
export const accountTypes = [
  'Prospect', 'Customer - Direct', 'Customer - Channel', 'Channel Partner / Reseller', 'Installation Partner',
  'Technology Partner', 'Other',
]

// biome-ignore format: one list
export const campaignTypes = [
  'Conference', 'Webinar', 'Trade Show', 'Public Relations', 'Partners', 'Referral Program', 'Advertisement',
  'Banner Ads', 'Direct Mail', 'Email', 'Telemarketing', 'Other',
]

export const cleanStatuses = [
  'Matched',
  'Different',
  'Acknowledged',
  'NotFound',
  'Inactive',
  'Pending',
  'SelectMatch',
  'Skipped',
]

/** In the same order: what the API calls a category, and what people do. */
export const forecastCategories = ['Omitted', 'Pipeline', 'BestCase', 'Forecast', 'Closed']
export const forecastCategoryNames = ['Omitted', 'Pipeline', 'Best Case', 'Commit', 'Closed']

// biome-ignore format: one list
export const recurrenceTypes = [
  'RecursDaily', 'RecursEveryWeekday', 'RecursMonthly', 'RecursMonthlyNth', 'RecursWeekly', 'RecursYearly',
  'RecursYearlyNth',
]
// biome-ignore format: one list
export const months = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November',
  'December',
]

// biome-ignore format: one list
export const timeZones = [
  'GMT', 'Europe/London', 'Europe/Berlin', 'Europe/Madrid', 'Europe/Tallinn', 'Africa/Lagos', 'Asia/Tokyo',
  'Asia/Kolkata', 'Australia/Sydney', 'America/Sao_Paulo', 'America/New_York', 'America/Chicago',
  'America/Los_Angeles',
]
export const locales = ['en_US', 'en_GB', 'de_DE', 'es_ES', 'fr_FR', 'et_EE', 'ja_JP', 'pt_BR']
export const languages = ['en_US', 'de', 'es', 'fr', 'ja', 'pt_BR']
export const encodings = [
  'UTF-8',
  'ISO-8859-1',
  'Shift_JIS',
  'ISO-2022-JP',
  'EUC-JP',
  'ks_c_5601-1987',
  'Big5',
  'GB2312',
]
export const userTypes = ['Standard', 'PowerPartner', 'CSPLitePortal', 'CustomerSuccess', 'AutomatedProcess', 'Guest']
export const editions = ['Developer Edition', 'Professional Edition', 'Enterprise Edition', 'Unlimited Edition']
