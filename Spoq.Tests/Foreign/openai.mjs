// OpenAI's own library against the proxy: streams, whole answers, tools, errors, models, embeddings.
import OpenAI from 'openai'

const client = new OpenAI({ baseURL: `${process.env.BASE_URL}/v1`, apiKey: process.env.KEY, maxRetries: 0 })
const model = process.env.MODEL
const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Say something.' }]
const tools = [{ type: 'function', function: { name: 'weather', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }]
const result = {}
// What the upstream is to do, as it sees it in either form.
const told = script => [{ role: 'user', content: `Say something. [[${JSON.stringify(script)}]]` }]

const whole = await client.chat.completions.create({ model, messages: told({ tokens: 4 })  })
result.whole = whole.choices[0].message.content
result.usage = whole.usage
result.request_id = whole._request_id

const stream = client.chat.completions.stream({ model, messages: told({ tokens: 6 }), stream_options: { include_usage: true }  })
let pieces = 0
stream.on('content', () => pieces++)
const final = await stream.finalChatCompletion()
result.streamed = final.choices[0].message.content
result.streamed_usage = final.usage
result.pieces = pieces

const called = await client.chat.completions.create({ model, messages: told({ tokens: 3 }), tools  })
result.tool = called.choices[0].message.tool_calls[0]
result.tool_finish = called.choices[0].finish_reason
const toolStream = await client.chat.completions.stream({ model, messages: told({ tokens: 3 }), tools  }).finalChatCompletion()
result.streamed_tool = toolStream.choices[0].message.tool_calls[0]

// The answer to the tool goes back, with an image beside it.
const after = await client.chat.completions.create({
  model,
  messages: [...told({ tokens: 2 }), called.choices[0].message, { role: 'tool', tool_call_id: result.tool.id, content: '12 degrees' },
    { role: 'user', content: [{ type: 'text', text: 'And this?' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }] }],
})
result.after = after.choices[0].message.content

result.models = (await client.models.list()).data.map(one => one.id)
try { result.model = (await client.models.retrieve(model)).id } catch (error) { result.model = String(error) }
if (process.env.EMBEDDINGS) {
  const embedded = await client.embeddings.create({ model, input: 'one', encoding_format: 'float' })
  result.embedding = embedded.data[0].embedding
  result.completion = (await client.completions.create({ model, prompt: 'Once [[{"tokens":2}]]' })).choices[0].text
}

async function no(action) { try { await action(); return null } catch (error) { return { name: error.constructor.name, status: error.status, code: error.code, param: error.param, type: error.type } } }
result.unknown = await no(() => client.chat.completions.create({ model: 'nothing', messages }))
result.stranger = await no(() => new OpenAI({ baseURL: `${process.env.BASE_URL}/v1`, apiKey: 'sk-nobody', maxRetries: 0 }).models.list())
result.cut = await no(async () => { for await (const _ of await client.chat.completions.create({ model, messages: told({ fault: 'drop', after: 2 }), stream: true  })) { } })
console.log(`DONE ${JSON.stringify(result)}`)
