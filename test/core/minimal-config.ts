/** The least that a config file must say; YAML reads its JSON. */
export const minimal = {
  connector: 'contacts',
  environment: 'dev',
  salesforce: {
    login_url: 'https://org.example.com/',
    auth: { flow: 'client_credentials', client_id: 'id', client_secret: 'hunter2' },
  },
  kafka: { brokers: ['localhost:9092'] },
  registry: { url: 'http://localhost:8081' },
}
