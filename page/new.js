// A new job: the form, its count, and the same as commands. A file is sent as a stream and never read into the page.
import { address, get, post, send } from './api.js'
import { h, say } from './dom.js'
import * as f from './format.js'
import { act, heading, job_link } from './parts.js'
import { t } from './texts.js'

// What the form says, without what is empty.
const read = form => {
	const value = name => form.elements[name].value.trim(), kind = value('kind'), job = { kind }
	const add = (name, value) => { if (value) job[name] = value }
	if (kind === 'domains') {
		const tlds = value('tlds').split(/[\s,]+/).map(tld => tld.replace(/^\./, '')).filter(Boolean), { checked } = form.elements.keywords
		add('check', value('check'))
		add('tlds', tlds.length > 0 && tlds)
		add('preset', checked && 'python-keywords')
		add('max_length', checked && Number(value('max_length')))
	} else if (kind === 'flags') {
		add('preset', !form.source() && value('preset'))
	}
	add('label', value('label'))
	add('concurrency', Number(value('concurrency')))
	add('rate', Number(value('rate')))
	return job
}

// The list goes as lines, and the rest in the query; without a list all of it is JSON.
const submission = (job, list) => list ? { query: Object.fromEntries(Object.entries(job).map(([name, value]) => [name, String(value)])), body: list, type: 'text/plain' }
	: { body: JSON.stringify(job), type: 'application/json' }

const queue = async (job, list, dry_run) => {
	const { query, body, type } = submission(job, list)
	return (await send('POST', 'jobs', { query: { ...query, dry_run: dry_run && 'true' }, body, type })).json()
}

// --- The same from a shell ---

const quote = text => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${String(text).replaceAll("'", "'\\''")}'`

const commands = (job, list, name) => {
	const { query, body, type } = submission(job, list), words = ['asyncprobectl', job.kind === 'downloads' ? 'download' : job.kind]
	const curl = `curl -H 'Content-Type: ${type}' ${quote(address('jobs', query).href)} ${list ? `--data-binary @${quote(name)}` : `-d ${quote(body)}`}`
	const options = { check: job.check !== 'resolve' && job.check, preset: job.kind === 'domains' && job.preset, 'max-length': job.max_length, label: job.label,
		[job.kind === 'flags' ? 'max-req' : 'concurrency']: job.concurrency, rate: job.rate }
	for (const [option, value] of Object.entries(options)) {
		if (value)
			words.push(`--${option}`, quote(value))
	}
	if (job.kind === 'flags' && job.preset && job.preset !== 'pop20')
		words.push(`--${job.preset}`)
	words.push(...(job.tlds ?? []).map(tld => quote(`.${tld}`)))
	if (list)
		words.push(...{ domains: ['-', '<', quote(name)], downloads: ['-i', quote(name)], flags: [`$(cat ${quote(name)})`] }[job.kind])
	return `${curl}\n\n${words.join(' ')}`
}

// --- The form ---

const field = (label, input, hint) => h('label.field', h('span', label), input, hint && h('small.dim', hint))
const select = (name, options) => h('select', { name }, Object.entries(options).map(([value, text]) => h('option', { value }, text)))
const number = (name, label, hint, value) => field(label, h('input', { name, type: 'number', min: 1, ...(value && { value }) }), hint)

const make_drop = on_change => {
	const name = h('span', t.drop), input = h('input', { type: 'file', id: 'file', onchange: () => take(input.files[0]) })
	const other = h('button.button.quiet', { type: 'button', hidden: true, onclick: () => take(null) }, t.drop_remove)
	const take = file => {
		zone.file = file
		say(name, file ? `${file.name}, ${f.bytes(file.size)}` : t.drop)
		other.hidden = !file
		if (!file)
			input.value = ''
		on_change()
	}
	const zone = h('div.drop', { ondragover: event => event.preventDefault(), ondrop: event => {
		event.preventDefault()
		take(event.dataTransfer.files[0])
	} }, h('label', { for: 'file' }, name), input, other)
	return zone
}

const begin = async form => {
	const job = read(form), list = form.source(), every = form.elements.every.value.trim()
	if (!every) {
		location.hash = job_link((await queue(job, list)).id)
		return
	}
	if (list instanceof File)
		throw new Error(t.no_file)
	const entries = list.split('\n').map(line => line.trim()).filter(line => line && !line.startsWith('#'))
	const name = { downloads: 'urls', flags: 'codes', domains: job.tlds ? 'names' : 'domains' }[job.kind]
	const schedule = { every, ...(job.label && { name: job.label }), job: { ...job, ...(entries.length > 0 && { [name]: entries }) } }
	location.hash = `#/schedules/${(await post('schedules', schedule)).id}`
}

export const show = async ({ put, ready, signal }) => {
	const { jobs } = await get('limits', {}, signal), { domains, files } = jobs.concurrency
	const area = h('textarea', { name: 'list', rows: 8, spellcheck: 'false', autocapitalize: 'off', class: 'find' })
	const label = h('span'), hint = h('small.dim'), answer = h('div.answer', { role: 'status' }), shell = h('pre', { tabindex: 0 }), drop = make_drop(() => change())
	const kinds = { domains: h('div.fields', field(t.suffixes, h('input', { name: 'tlds', autocapitalize: 'off', spellcheck: 'false' }), t.suffixes_hint),
		field(t.check, select('check', { resolve: t.checks.resolve, registration: t.checks.registration })),
		h('label.check', h('input', { type: 'checkbox', name: 'keywords' }), t.keywords), number('max_length', t.max_length, '', 4)),
	downloads: h('i'), flags: h('div.fields', field(t.preset, select('preset', t.presets))) }
	const attempt = fn => async () => {
		say(answer, t.sending)
		await fn().catch(error => answer.replaceChildren(h('p.fault', { role: 'alert' }, error.message)))
	}
	const count = act(t.count, attempt(async () => {
		const found = await queue(read(form), form.source(), true)
		answer.replaceChildren(h('p.num', t.counted(found.total, found.duplicates, found.invalid)), h('p.dim', found.first.join(', ')))
	}))
	const start = act(t.start, attempt(() => begin(form)), 'primary')
	const form = h('form', { oninput: () => change(), onsubmit: event => {
		event.preventDefault()
		start.click()
	} }, h('fieldset.kinds', h('legend', t.kind), Object.keys(kinds).map((kind, i) => h('label', h('input', { type: 'radio', name: 'kind', value: kind, checked: i === 0 }), t.kinds[kind]))),
	h('label.field', label, area, hint), drop, Object.values(kinds), h('details.more', h('summary', t.more), h('div.fields', field(t.label, h('input', { name: 'label', maxlength: 200 })),
		field(t.every, h('input', { name: 'every' }), t.every_hint), number('concurrency', t.concurrency, t.at_most(Math.max(domains, files))), number('rate', t.rate_limit, t.at_most(jobs.rate)))),
	h('div.acts', start, count), answer, h('h2', t.from_shell), shell)
	form.source = () => drop.file ?? area.value.trim()
	const change = () => {
		const kind = form.elements.kind.value
		say(label, t.list[kind])
		say(hint, t.list_hint[kind])
		for (const [name, part] of Object.entries(kinds))
			part.hidden = name !== kind
		area.disabled = Boolean(drop.file)
		say(shell, commands(read(form), form.source(), drop.file?.name ?? 'list.txt'))
	}
	put(heading(t.new_job), form)
	change()
	ready()
}
