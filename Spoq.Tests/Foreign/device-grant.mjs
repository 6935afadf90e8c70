// The device grant as openid-client 6 does it, from discovery to a refreshed and a revoked token.
import * as oauth from 'openid-client'

const config = await oauth.discovery(new URL(process.env.ISSUER), process.env.CLIENT_ID ?? 'spoq-cli', undefined, oauth.None(), { execute: [oauth.allowInsecureRequests] })
const scope = process.env.SCOPE ?? 'account'
const device = await oauth.initiateDeviceAuthorization(config, { scope })
console.log(`WORDS ${device.user_code}`)
try {
  const tokens = await oauth.pollDeviceAuthorizationGrant(config, device)
  console.log(`TOKENS ${JSON.stringify({ ...tokens, claims: tokens.claims() })}`)
  const next = await oauth.refreshTokenGrant(config, tokens.refresh_token)
  console.log(`REFRESHED ${next.refresh_token !== tokens.refresh_token && next.access_token.length > 0}`)
  await oauth.tokenRevocation(config, next.refresh_token)
  try {
    await oauth.refreshTokenGrant(config, next.refresh_token)
    console.log('REVOKED false')
  } catch (error) {
    console.log(`REVOKED ${error.error}`)
  }
} catch (error) {
  console.log(`REFUSED ${error.error}`)
}
