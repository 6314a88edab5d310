/** Words that sample rows are made of. */
// biome-ignore format: one list
export const firstNames = [
  'Ada', 'Björn', 'Chloé', 'Dmitri', 'Emeka', 'Fatima', 'Grace', 'Hiro', 'Inés', 'Jamal', 'Kateřina', 'Liam',
]
// biome-ignore format: one list
export const lastNames = [
  'Okafor', 'Müller', 'Nakamura', 'García', 'Smith', 'Ivanova', "O'Brien", 'Lindqvist', 'Haddad', 'Zhang', 'Dupont',
  'Silva',
]
export const cities = ['Berlin', 'Lagos', 'Kyoto', 'Madrid', 'Leeds', 'Tallinn', 'Lyon', 'Recife']
export const countries = ['Germany', 'Nigeria', 'Japan', 'Spain']
export const titles = ['Engineer', 'Buyer', 'Chief Financial Officer', 'Analyst', 'Director of Sales']
export const interests = [null, 'Music', 'Sport;Travel', 'Music;Books;Food', 'Books']
export const companyWords = ['Northwind', 'Aurora', 'Granite', 'Harbour', 'Juniper', 'Meridian', 'Obsidian', 'Quarry']
export const companyForms = ['GmbH', 'Ltd', 'SA', 'Inc', 'OÜ', 'KK']
export const goods = ['Turbine', 'Pump', 'Valve', 'Sensor', 'Gearbox', 'Compressor', 'Filter', 'Inverter']
export const subjects = ['Call', 'Send Quote', 'Send Letter', 'Prepare the visit', 'Ask for the signed contract']
