// What several views show: the state of a job, its bar, its outcomes.
import { is_ended, post } from './api.js'
import { h, say, svg } from './dom.js'
import * as f from './format.js'
import { t } from './texts.js'

const CLASSES = { good: ['found', 'ok', 'registered', 'up'], bad: ['error', 'unknown', 'down'] }
const MARKS = { good: '+', none: '–', bad: '?' }

export const list = (...parts) => parts.filter(Boolean).join(' · ')
export const class_of = status => Object.keys(CLASSES).find(name => CLASSES[name].includes(status)) ?? 'none'
export const mark = status => h(`span.mark.${class_of(status)}`, { 'aria-hidden': 'true' }, MARKS[class_of(status)])
export const status_name = status => t.statuses[status] ?? status
export const reason = of => t.reasons[of.reason] ?? of.reason?.replaceAll('_', ' ') ?? ''
export const job_link = (id, query) => `#/jobs/${id}${query ? `?${new URLSearchParams(query)}` : ''}`
export const counts = job => list(...Object.entries(job.counts).map(([status, n]) => `${status_name(status)} ${f.number(n)}`))
export const n_failed = job => (job.counts.error ?? 0) + (job.counts.unknown ?? 0) + (job.counts.down ?? 0)

const nature = job => list(t.kinds[job.kind] ?? job.kind, job.check && (t.checks[job.check] ?? job.check))
export const title = job => job.label || nature(job)
export const describe = job => job.label && nature(job)

export const pace = job => {
	if (is_ended(job))
		return t.took(f.duration(job.elapsed_ms))
	if (job.state === 'queued')
		return job.run_at ? t.starts(f.ago(job.run_at)) : ''
	return list(t.rate(f.decimal(job.rate_per_second)), job.eta_ms != null && t.left(f.duration(job.eta_ms)))
}

// A dot and a word: .show(state)
export const badge = name => {
	const word = h('span'), element = h('span', h('i', { 'aria-hidden': 'true' }), word)
	element.show = (state, text = t.states[state] ?? t.paused) => {
		element.className = `state ${state}`
		say(word, text)
	}
	if (name)
		element.show(name)
	return element
}

// The share of each outcome among all items, and the same in words: .show(job)
const bar = () => {
	const parts = ['good', 'none', 'bad'].map(name => svg(`rect.${name}`, { height: '100%' })), element = svg('svg.bar', { role: 'img' }, parts)
	element.show = job => {
		let x = 0
		for (const part of parts) {
			const n = Object.entries(job.counts).reduce((sum, [status, n]) => class_of(status) === part.classList[0] ? sum + n : sum, 0)
			part.setAttribute('x', `${x}%`)
			part.setAttribute('width', `${100 * n / job.total}%`)
			x += 100 * n / job.total
		}
		element.setAttribute('aria-label', counts(job))
	}
	return element
}

// What is told of a job again and again: parts that the view places, and show(job) for them all.
export const job_parts = job => {
	const parts = { state: badge(), bar: bar(), progress: h('span.num'), pace: h('span.num.dim'), counts: h('div.small.dim') }
	const show = now => {
		parts.state.show(now.paused ? 'paused' : now.state)
		parts.bar.show(now)
		say(parts.progress, t.progress(now.completed, now.total))
		say(parts.pace, pace(now))
		say(parts.counts, counts(now))
	}
	show(job)
	return { ...parts, show }
}

export const job_card = job => {
	const parts = job_parts(job)
	const card = h('li.card', h('div.spread', h('a.name.row', { href: job_link(job.id) }, title(job)), parts.state), parts.bar,
		h('div.spread.small', parts.progress, parts.pace), parts.counts)
	card.update = parts.show
	return card
}

export const toast = (text, is_bad) => {
	const element = document.getElementById('toast')
	say(element, text)
	element.classList.toggle('bad', Boolean(is_bad))
	element.hidden = false
	clearTimeout(element.timer)
	element.timer = setTimeout(() => { element.hidden = true }, is_bad ? 12000 : 5000)
}

// A button whose act may fail; it can't be pressed twice meanwhile.
export const act = (text, fn, kind = 'plain') => {
	const button = h(`button.button.${kind}`, { type: 'button', onclick: async () => {
		if (button.ariaBusy)
			return
		button.ariaBusy = true // a disabled one would lose the focus
		await fn().catch(error => toast(error.message, true))
		button.ariaBusy = null
	} }, text)
	return button
}

export const remove_button = (path, then) => act(t.remove, async () => {
	if (!confirm(t.sure))
		return
	await then(path)
}, 'danger')

export const first_job = () => h('section.first', { hidden: true }, h('h2', t.first), h('p', t.first_text),
	act(t.first_button, async () => {
		location.hash = job_link((await post('jobs', { kind: 'domains', preset: 'python-keywords', max_length: 4, tlds: ['dev'] })).id)
	}, 'primary'))

export const facts = entries => h('dl.facts', entries.filter(([, value]) => value).map(([name, value]) => h('div', h('dt', name), h('dd', value))))
export const heading = (text, ...rest) => h('div.spread.head', h('h1', { tabindex: -1 }, text), rest)
export const table = (names, body) => h('table.list', { hidden: true }, h('thead', h('tr', names.map(name => h('th', { scope: 'col' }, name)))), body)
export const link_button = (text, href) => h('a.button', { href: href ?? '#', hidden: href == null }, text)
export const dim = (text, hidden) => h('p.dim', { hidden }, text)
