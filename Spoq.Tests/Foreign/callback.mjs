// A program on the person's own device: any free port, one answer.
import { createServer } from 'node:http'

export async function listen() {
  let arrived
  const answer = new Promise((resolve) => { arrived = resolve })
  const server = createServer((request, response) => {
    response.end('You can close this window.')
    if (request.url.startsWith('/cb')) {
      arrived(new URL(request.url, `http://127.0.0.1:${server.address().port}`))
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { uri: `http://127.0.0.1:${server.address().port}/cb`, answer, close: () => server.close() }
}

/** Tells the test where the person's browser has to go. */
export const ask = (url) => console.log(`ASK ${url.href}`)

/** What the test checks. */
export const done = (result) => console.log(`DONE ${JSON.stringify(result)}`)

/** The error an operation is refused with. */
export async function refused(operation) {
  try {
    await operation()
    return null
  } catch (error) {
    return error.error ?? error.cause?.error ?? error.code ?? error.message
  }
}
