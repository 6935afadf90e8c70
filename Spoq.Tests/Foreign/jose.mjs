// jose takes our tokens by nothing but the published keys, and forges others: ours must take none of those.
import * as jose from 'jose'
import { done } from './callback.mjs'

const { ISSUER: issuer, TOKEN: token } = process.env
const keySet = jose.createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
const { payload, protectedHeader } = await jose.jwtVerify(token, keySet, { issuer, audience: issuer, typ: 'at+jwt', algorithms: ['ES256'] })
const { keys } = await (await fetch(`${issuer}/.well-known/jwks.json`)).json()
const published = keys.find((key) => key.kid === protectedHeader.kid)
const thumbprint = await jose.calculateJwkThumbprint(published)

const evil = await jose.generateKeyPair('ES256', { extractable: true })
const evilJwk = { ...(await jose.exportJWK(evil.publicKey)), kid: protectedHeader.kid, alg: 'ES256', use: 'sig' }
const evilRsa = await jose.generateKeyPair('RS256')
const pem = new TextEncoder().encode(await jose.exportSPKI(await jose.importJWK(published)))
const coordinates = new TextEncoder().encode(JSON.stringify(published))
const sign = (header, claims, key) => new jose.SignJWT({ ...payload, ...claims }).setProtectedHeader({ ...protectedHeader, ...header }).sign(key)
const [head, body, signature] = token.split('.')
const encode = (value) => jose.base64url.encode(JSON.stringify(value))

const forged = {
  none: new jose.UnsecuredJWT(payload).encode(),
  none_with_kid: `${encode({ alg: 'none', typ: 'at+jwt', kid: protectedHeader.kid })}.${body}.`,
  none_with_signature: `${encode({ ...protectedHeader, alg: 'none' })}.${body}.${signature}`,
  hs256_with_pem: await sign({ alg: 'HS256' }, {}, pem),
  hs256_with_jwk: await sign({ alg: 'HS256' }, {}, coordinates),
  other_key_same_kid: await sign({}, {}, evil.privateKey),
  other_key_own_kid: await sign({ kid: await jose.calculateJwkThumbprint(evilJwk) }, {}, evil.privateKey),
  rs256_same_kid: await sign({ alg: 'RS256' }, {}, evilRsa.privateKey),
  key_in_head: await sign({ jwk: evilJwk }, {}, evil.privateKey),
  jku: await sign({ jku: `data:application/json,${encodeURIComponent(JSON.stringify({ keys: [evilJwk] }))}` }, {}, evil.privateKey),
  x5u: await sign({ x5u: 'https://evil.example/cert' }, {}, evil.privateKey),
  kid_traversal: await sign({ kid: '../../../../dev/null' }, {}, evil.privateKey),
  kid_sql: await sign({ kid: "x' or '1'='1" }, {}, evil.privateKey),
  no_kid: `${encode({ alg: 'ES256', typ: 'at+jwt' })}.${body}.${signature}`,
  other_body: `${head}.${encode({ ...payload, sub: '00000000-0000-7000-8000-000000000000' })}.${signature}`,
  more_scope: `${head}.${encode({ ...payload, scope: 'account' })}.${signature}`,
  other_typ: `${encode({ ...protectedHeader, typ: 'JWT' })}.${body}.${signature}`,
  no_signature: `${head}.${body}.`,
  zero_signature: `${head}.${body}.${jose.base64url.encode(new Uint8Array(64))}`,
  padded_signature: `${token}=`,
  other_spelling: token.slice(0, -1) + String.fromCharCode(token.charCodeAt(token.length - 1) + 1),
  crit: await sign({ crit: ['b64'], b64: true }, {}, evil.privateKey).catch(() => `${encode({ ...protectedHeader, crit: ['exp'], exp: 1 })}.${body}.${signature}`),
}

const answers = {}
for (const [name, value] of Object.entries(forged)) {
  const answer = await fetch(`${issuer}/oauth/userinfo`, { headers: { authorization: `Bearer ${value}` } })
  answers[name] = answer.status
}

const honest = await fetch(`${issuer}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })
done({ payload, typ: protectedHeader.typ, alg: protectedHeader.alg, thumbprint: thumbprint === protectedHeader.kid, honest: honest.status, answers })
