// Anthropic's own library against the proxy: streams, whole answers, tools, errors, models, counting.
import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic({ baseURL: process.env.BASE_URL, apiKey: process.env.KEY, maxRetries: 0 })
const model = process.env.MODEL
const base = { model, max_tokens: 100, system: 'Be brief.', messages: [{ role: 'user', content: 'Say something.' }] }
const tools = [{ name: 'weather', description: 'The weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } }]
const result = {}
// What the upstream is to do, as it sees it in either form.
const told = script => [{ role: 'user', content: `Say something. [[${JSON.stringify(script)}]]` }]

const whole = await client.messages.create({ ...base, messages: told({ tokens: 4 }) })
result.whole = whole.content[0].text
result.usage = whole.usage
result.stop = whole.stop_reason
result.request_id = whole._request_id

const stream = client.messages.stream({ ...base, messages: told({ tokens: 6 }) })
let pieces = 0
stream.on('text', () => pieces++)
const final = await stream.finalMessage()
result.streamed = final.content[0].text
result.streamed_usage = final.usage
result.pieces = pieces

const called = await client.messages.create({ ...base, tools, tool_choice: { type: 'any' }, messages: told({ tokens: 3 }) })
result.tool = called.content.find(block => block.type === 'tool_use')
result.tool_stop = called.stop_reason
const toolStream = await client.messages.stream({ ...base, tools, messages: told({ tokens: 3 }) }).finalMessage()
result.streamed_tool = toolStream.content.find(block => block.type === 'tool_use')

const after = await client.messages.create({
  ...base,
  messages: [...told({ tokens: 2 }), { role: 'assistant', content: called.content }, { role: 'user', content: [
    { type: 'tool_result', tool_use_id: result.tool.id, content: '12 degrees' },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }] }],
})
result.after = after.content[0].text
result.count = (await client.messages.countTokens({ model, messages: base.messages })).input_tokens
result.models = (await client.models.list()).data.map(one => one.id)

async function no(action) { try { await action(); return null } catch (error) { return { name: error.constructor.name, status: error.status, type: error.error?.error?.type ?? error.error?.type, request: error.requestID } } }
result.unknown = await no(() => client.messages.create({ ...base, model: 'nothing' }))
result.stranger = await no(() => new Anthropic({ baseURL: process.env.BASE_URL, apiKey: 'sk-nobody', maxRetries: 0 }).messages.create(base))
result.cut = await no(() => client.messages.stream({ ...base, messages: told({ fault: 'drop', after: 2 }) }).finalMessage())
console.log(`DONE ${JSON.stringify(result)}`)
