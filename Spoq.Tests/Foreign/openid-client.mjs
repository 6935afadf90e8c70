// The usual way of openid-client 6: discovery, registration, code with PKCE, userinfo, refresh, revocation.
import * as client from 'openid-client'
import { listen, ask, done, refused } from './callback.mjs'

const issuer = new URL(process.env.ISSUER)
const scope = process.env.SCOPE
const insecure = { execute: [client.allowInsecureRequests] }
const callback = await listen()

const config = await client.dynamicClientRegistration(
  issuer,
  { client_name: 'Foreign Dash', redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none' },
  client.None(),
  insecure,
)

const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const nonce = client.randomNonce()
ask(client.buildAuthorizationUrl(config, {
  redirect_uri: callback.uri,
  scope,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
}))

const answer = await callback.answer
callback.close()
if (answer.searchParams.has('error')) {
  done({ error: answer.searchParams.get('error'), state: answer.searchParams.get('state') === state, iss: answer.searchParams.get('iss') })
} else {
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true, maxAge: 3600 }
  const tokens = await client.authorizationCodeGrant(config, answer, checks)
  const claims = tokens.claims()
  const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
  const next = await client.refreshTokenGrant(config, tokens.refresh_token)
  await client.tokenRevocation(config, next.refresh_token)
  done({
    state: answer.searchParams.get('state') === state,
    iss: answer.searchParams.get('iss'),
    scope: tokens.scope,
    expires_in: tokens.expires_in,
    claims,
    user,
    refreshed: next.access_token !== tokens.access_token && next.refresh_token !== tokens.refresh_token,
    after_revocation: await refused(() => client.refreshTokenGrant(config, next.refresh_token)),
    user_after_revocation: await refused(() => client.fetchUserInfo(config, next.access_token, claims.sub)),
  })
}
