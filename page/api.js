// The API: requests, problems, streams, and the token, which stays in this tab.
import { t } from './texts.js'

const KEY = 'asyncprobed.token'
let is_online = true, asked = null
export const signals = new EventTarget() // offline, online, token
export const token = () => sessionStorage.getItem(KEY)

class Problem extends Error {
	constructor(status, detail, errors = []) {
		super([detail, ...errors.map(e => `${e.pointer}: ${e.detail}`)].join(' '))
		this.status = status
	}
}

// A URL below the folder of the page, so that it works behind a path of a proxy.
export const address = (path, query = {}) => {
	const url = new URL(path, new URL('./', document.baseURI))
	for (const [name, value] of Object.entries(query)) {
		if (value != null && value !== '' && value !== false)
			url.searchParams.set(name, value)
	}
	return url
}

const tell = online => {
	if (online !== is_online)
		signals.dispatchEvent(new Event(online ? 'online' : 'offline'))
	is_online = online
}

// Ask for the token, once for all requests that wait for it.
const ask = wrong => asked ??= new Promise(done => signals.dispatchEvent(new CustomEvent('token', { detail: { wrong, done } }))).then(text => {
	sessionStorage.setItem(KEY, text)
	asked = null
})

export const send = async (method, path, { query, body, type, signal } = {}) => {
	for (;;) {
		const used = token(), headers = { ...(used && { Authorization: `Bearer ${used}` }), ...(type && { 'Content-Type': type }) }
		const response = await fetch(address(path, query), { method, body, headers, signal, cache: 'no-store' }).catch(error => {
			if (error.name === 'AbortError')
				throw error
			tell(false)
			throw new Problem(0, t.offline)
		})
		tell(true)
		if (response.ok)
			return response
		if (response.status !== 401) {
			const problem = await response.json().catch(() => ({})) // a proxy answers otherwise
			throw new Problem(response.status, problem.detail ?? `${response.status} ${response.statusText}`, problem.errors)
		}
		if (used === token())
			await ask(used != null)
	}
}

export const get = async (path, query, signal) => (await send('GET', path, { query, signal })).json()
export const post = async (path, value) => (await send('POST', path, value && { body: JSON.stringify(value), type: 'application/json' })).json()

// The lines of a response, in groups as they come.
export async function* lines(response) {
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
	let rest = ''
	try {
		for (;;) {
			const { value, done } = await reader.read()
			if (done)
				return
			const all = (rest + value).split('\n')
			rest = all.pop()
			yield all
		}
	} finally {
		reader.cancel().catch(() => {})
	}
}

// Server-sent events in groups, as {event, id, data}.
async function* events(response) {
	let event = {}
	for await (const group of lines(response)) {
		const found = []
		for (const line of group) {
			const [name, ...value] = line.split(': ')
			if (line)
				event[name] = value.join(': ')
			else if (event.data)
				found.push({ ...event, data: JSON.parse(event.data) })
			if (!line)
				event = {}
		}
		if (found.length > 0)
			yield found
	}
}

export const is_ended = job => ['done', 'cancelled', 'failed'].includes(job.state)

export const pause = (msec, signal) => new Promise(done => {
	const timer = setTimeout(done, msec)
	signal?.addEventListener('abort', () => done(clearTimeout(timer)))
})

// What can't become better by trying again.
const is_final = (error, signal) => signal.aborted || (error.status >= 400 && error.status < 500)

// Follow a job from a sequence number on until it ends. A broken stream is resumed where it broke. A hidden tab has none: a
// browser allows six for all tabs together.
export const follow = async (id, after, signal, on_events) => {
	for (; !signal.aborted; await pause(500, signal)) {
		if (document.hidden)
			continue
		const hiding = new AbortController(), either = AbortSignal.any([signal, hiding.signal])
		document.addEventListener('visibilitychange', () => hiding.abort(), { signal: either })
		try {
			for await (const group of events(await send('GET', `jobs/${id}/events`, { query: { after }, signal: either }))) {
				after = group.at(-1).id
				on_events(group)
				if (group.some(({ event, data }) => event === 'state' && is_ended(data)))
					return
			}
		} catch (error) {
			if (is_final(error, signal))
				throw error
		} finally {
			hiding.abort()
		}
	}
}

// Call `fn` now and every `msec` while the page is visible.
export const poll = async (msec, signal, fn) => {
	while (!signal.aborted) {
		try {
			if (!document.hidden)
				await fn()
		} catch (error) {
			if (is_final(error, signal))
				throw error
		}
		await pause(msec, signal)
	}
}

// Save a response as a file with the token, which a link can't carry.
export const save = async (path, query, name) => {
	const url = URL.createObjectURL(await (await send('GET', path, { query })).blob())
	const link = document.createElement('a')
	link.href = url
	link.download = name
	link.click()
	setTimeout(() => URL.revokeObjectURL(url), 60000)
}
