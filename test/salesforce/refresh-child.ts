/**
 * Signs in by the refresh flow in a process of its own: LOGIN_URL, TOKEN_FILE, REFRESH_TOKEN, TIMES (how often),
 * FAIL_AT (a failpoint at which the process kills itself). Prints one line for each sign-in.
 */
import { onFailpoint } from '../../src/core/failpoint.ts'
import { SignIn } from '../../src/salesforce/auth.ts'
import { openHttp } from '../../src/salesforce/http.ts'

const { LOGIN_URL = '', TOKEN_FILE = '', REFRESH_TOKEN = '', TIMES = '1', FAIL_AT } = process.env
onFailpoint(point => {
  if (point === FAIL_AT) process.kill(process.pid, 'SIGKILL')
})
const http = openHttp()
const auth = {
  flow: 'refresh_token',
  clientId: 'consumer',
  refreshToken: REFRESH_TOKEN,
  tokenFile: TOKEN_FILE,
} as const
const signIn = new SignIn({ loginUrl: LOGIN_URL, auth }, http)
for (let left = Number(TIMES); left > 0; left--) {
  const { orgId } = await signIn.run(20_000)
  process.stdout.write(`${orgId}\n`)
}
await http.close()
