import type { Salesforce } from '../../src/salesforce/client.ts'
import { connect, json, orgId, startCanned, userId } from './canned-server.ts'

/**
 * A signed-in client whose instance can move: from then on the former instance knows no session, and the sign-in names
 * the new one. So that a request meets whatever is there with a client that is already at work.
 */
export async function moving(
  // Long pauses, for most tests look at the open breaker.
  probeDelays = { delayMsMin: 60_000, delayMsMax: 60_000 },
): Promise<{ salesforce: Salesforce; moveTo(instanceUrl: string): void }> {
  let instanceUrl: string | undefined
  const { url } = await startCanned(({ path, headers }, response) => {
    const here = `http://${headers.host}`
    if (path === '/services/oauth2/token')
      return json(response, 200, {
        access_token: `${orgId.slice(0, 15)}!at-${instanceUrl ?? 'home'}`,
        instance_url: instanceUrl ?? here,
        id: `${here}/id/${orgId}/${userId}`,
      })
    if (path === '/services/data/') return json(response, 200, [{ version: '68.0' }])
    json(response, 401, [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }])
  })
  const salesforce = await connect(url, { probeDelays })
  return {
    salesforce,
    moveTo(place) {
      instanceUrl = place
    },
  }
}
