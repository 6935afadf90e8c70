// oauth4webapi checks every answer against the standards; a confidential client, by Basic and by form.
import * as oauth from 'oauth4webapi'
import { listen, ask, done, refused } from './callback.mjs'

const issuer = new URL(process.env.ISSUER)
const method = process.env.METHOD
const insecure = { [oauth.allowInsecureRequests]: true }
const callback = await listen()

const oidc = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...insecure }))
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }))

const client = await oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(
  as, { client_name: 'Strict', redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: method }, insecure))
const secret = method === 'client_secret_basic' ? oauth.ClientSecretBasic(client.client_secret) : oauth.ClientSecretPost(client.client_secret)
const wrongSecret = method === 'client_secret_basic' ? oauth.ClientSecretBasic('not-it') : oauth.ClientSecretPost('not-it')

const verifier = oauth.generateRandomCodeVerifier()
const state = oauth.generateRandomState()
const nonce = oauth.generateRandomNonce()
const url = new URL(as.authorization_endpoint)
for (const [name, value] of Object.entries({
  client_id: client.client_id,
  redirect_uri: callback.uri,
  response_type: 'code',
  scope: 'openid profile',
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
})) {
  url.searchParams.set(name, value)
}

ask(url)
const parameters = oauth.validateAuthResponse(as, client, await callback.answer, state)
callback.close()

const redeem = async (auth) => oauth.processAuthorizationCodeResponse(
  as, client, await oauth.authorizationCodeGrantRequest(as, client, auth, parameters, callback.uri, verifier, insecure), { expectedNonce: nonce, requireIdToken: true })
const wrong = await refused(() => redeem(wrongSecret))
const codeResponse = await oauth.authorizationCodeGrantRequest(as, client, secret, parameters, callback.uri, verifier, insecure)
const tokens = await oauth.processAuthorizationCodeResponse(as, client, codeResponse, { expectedNonce: nonce, requireIdToken: true })
await oauth.validateApplicationLevelSignature(as, codeResponse, insecure)
const claims = oauth.getValidatedIdTokenClaims(tokens)
const user = await oauth.processUserInfoResponse(as, client, claims.sub, await oauth.userInfoRequest(as, client, tokens.access_token, insecure))
const introspect = async (token) => oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, secret, token, insecure))
const before = await introspect(tokens.access_token)
const next = await oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, secret, tokens.refresh_token, insecure))
await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, secret, next.access_token, insecure))

done({
  same_metadata: JSON.stringify(oidc) === JSON.stringify(as),
  wrong_secret: wrong,
  claims,
  user,
  introspection: before,
  introspection_after: await introspect(tokens.access_token),
  refresh_after: await refused(async () => oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, secret, next.refresh_token, insecure))),
})
