// One job: its progress, and its results as they come. However many there are, at most MOST rows are in the page.
import { address, follow, get, is_ended, lines, pause, post, save, send, token } from './api.js'
import { h, say } from './dom.js'
import * as f from './format.js'
import {
	act, class_of, describe, dim, facts, heading, job_link, job_parts, link_button, mark, n_failed, reason, remove_button, status_name, title, toast,
} from './parts.js'
import { t } from './texts.js'

const MOST = 200, COPY_MOST = 200000

// --- Files ---

const file_path = (job, name) => `jobs/${job.id}/files/${name.split('/').map(encodeURIComponent).join('/')}`

const save_link = (text, path, query, name) => h('a', { href: address(path, query), download: name, onclick: event => {
	if (token()) {
		event.preventDefault()
		save(path, query, name).catch(error => toast(error.message, true))
	}
} }, text)

const picture = (job, result) => {
	const image = h('img', { alt: '', loading: 'lazy' }), path = file_path(job, result.file)
	if (token())
		send('GET', path).then(async response => { image.src = URL.createObjectURL(await response.blob()) }).catch(() => {})
	else
		image.src = address(path)
	return h('figure', image, h('figcaption', result.country ?? result.code))
}

// --- One result ---

const finding = result => {
	const found = result.addresses ?? []
	if (result.reason)
		return result.reason === 'http_status' ? `HTTP ${result.http_status}` : reason(result)
	return found.length > 0 ? found.slice(0, 2).join(', ') + (found.length > 2 ? ` +${found.length - 2}` : '') : result.registrar ?? (result.sha256 ? f.bytes(result.bytes) : '')
}

// The evidence is made when a row is opened.
const result_row = (result, job) => {
	const row = h('details.result', { ontoggle: () => {
		if (row.children.length === 1)
			row.append(h('div.evidence', facts([[t.finished, f.when(result.finished_at)], [t.duration, f.duration(result.duration_ms)],
				[t.attempts, f.number(result.attempts)]]), result.file && h('p', save_link(result.file, file_path(job, result.file), {}, result.name)),
			h('pre', { tabindex: 0 }, JSON.stringify(result, null, 1))))
	} }, h('summary.row', mark(result.status), h('span.target', result.unicode ?? result.domain ?? result.url ?? result.target),
		h(`span.outcome.${class_of(result.status)}`, status_name(result.status)), h('span.dim.small.what', finding(result)),
		h('span.dim.small.took', f.duration(result.duration_ms))))
	return row
}

// --- The head ---

const copy = async (job, status) => {
	const names = []
	for await (const group of lines(await send('GET', `jobs/${job.id}/results`, { query: { status, format: 'ndjson', limit: COPY_MOST } })))
		names.push(...group.filter(Boolean).map(line => JSON.parse(line)).map(result => result.domain ?? result.url ?? result.target))
	const area = h('textarea', { value: names.join('\n') })
	document.body.append(area)
	area.select()
	// without TLS there is only the old way, but for localhost
	await (navigator.clipboard?.writeText(area.value) ?? document.execCommand('copy'))
	area.remove()
	toast(t.copied(names.length))
}

const make_head = view => {
	const { job } = view, parts = job_parts(job), dates = h('div'), path = `jobs/${job.id}`
	const change = (text, verb, kind) => act(text, async () => view.tell(await post(`${path}/${verb}`)), kind)
	const buttons = { pause: change(t.pause, 'pause'), resume: change(t.resume, 'resume'), cancel: change(t.cancel, 'cancel', 'danger'),
		retry: act('', async () => {
			location.hash = job_link((await post(`${path}/retry`)).id)
		}), remove: remove_button(path, async () => {
			await send('DELETE', path)
			location.hash = '#/jobs'
		}) }
	const saves = ['csv', 'ndjson', 'text'].map(kind => save_link(kind.toUpperCase(), `${path}/results`, { format: kind, csv: kind === 'csv' && 'safe' }, `${job.id}.${kind}`))
	if (job.kind === 'downloads' || job.kind === 'flags')
		saves.push(save_link('TAR', `${path}/archive.tar`, {}, `${job.id}.tar`))
	const short = (id, href) => id && h('a', { href }, id.slice(0, 13))
	const head = h('div', heading(title(job), parts.state), h('p.dim', describe(job)), parts.bar, h('div.spread', parts.progress, parts.pace), dates,
		h('div.acts', Object.values(buttons), h('span.saves.small', t.save_as, saves)))
	head.show = now => {
		const is_over = is_ended(now), failed = n_failed(now)
		parts.show(now)
		buttons.pause.hidden = is_over || now.paused
		buttons.resume.hidden = is_over || !now.paused
		buttons.cancel.hidden = is_over
		buttons.retry.hidden = !is_over || failed === 0
		buttons.remove.hidden = !is_over
		say(buttons.retry, t.retry(failed))
		const told = `${now.started_at} ${now.finished_at}`
		if (dates.dataset.told !== told)
			dates.replaceChildren(facts([[t.queued, f.when(now.created_at)], [t.started, f.when(now.started_at)], [t.ended, f.when(now.finished_at)],
				[t.states.failed, reason(now)], [t.schedule, short(now.schedule_id, `#/schedules/${now.schedule_id}`)],
				[t.retry_of, short(now.retry_of, job_link(now.retry_of))]]))
		dates.dataset.told = told
	}
	return head
}

// Links for the outcomes, each with its count. The one that is chosen stands in the address.
const make_outcomes = view => {
	const chips = [null, ...Object.keys(view.job.counts)].map(status => {
		const n = h('b.num'), chip = h('a.chip', { href: job_link(view.job.id, status && { status }), 'aria-current': view.status === status && 'true' },
			status && mark(status), status ? status_name(status) : t.all, n)
		chip.show = job => say(n, f.number(status ? job.counts[status] : job.completed))
		return chip
	})
	const element = h('nav.chips', { 'aria-label': t.results }, chips)
	element.show = job => chips.forEach(chip => chip.show(job))
	return element
}

const search_form = view => h('form.search', { role: 'search', onsubmit: event => {
	event.preventDefault()
	const q = event.target.q.value
	location.hash = job_link(view.job.id, { ...(view.status && { status: view.status }), ...(q && { q }) })
} }, h('input', { name: 'q', type: 'search', 'aria-label': t.search, placeholder: t.search, value: view.q ?? '', class: 'find' }),
view.status && act(t.copy, () => copy(view.job, view.status)))

// --- The results ---

// Newest first. Rows are added in groups, so that a burst of results costs one change of the page.
const show_tail = async view => {
	const { job, list, signal } = view, pictures = h('div.pictures'), none = dim(t.nothing)
	const all = h('a', { href: job_link(job.id, { after: 0 }), hidden: true }, t.from_first)
	let waiting = [], timer = null
	const keep = (container, most) => {
		while (container.children.length > most)
			container.lastChild.remove()
	}
	const flush = () => {
		timer = null
		const fresh = waiting.splice(0).slice(-MOST).reverse()
		list.prepend(...fresh.map(result => result_row(result, job)))
		pictures.prepend(...fresh.filter(result => result.code && result.file).map(result => picture(job, result)))
		keep(list, MOST)
		keep(pictures, MOST)
		none.hidden = true
		all.hidden = fresh[0].seq <= MOST
	}
	view.box.append(pictures, h('p.dim.small.spread', t.newest_first, all), none, list)
	signal.addEventListener('abort', () => clearTimeout(timer))
	await follow(job.id, Math.max(0, job.completed - MOST), signal, group => {
		const told = group.findLast(({ event }) => event !== 'result')
		waiting = [...waiting, ...group.filter(({ event }) => event === 'result').map(({ data }) => data)].slice(-MOST)
		if (waiting.length > 0)
			timer ??= setTimeout(flush, 100)
		if (told)
			view.tell(told.data)
	})
}

// A page in order of completion, which fills up while the job runs.
const show_page = async (view, first) => {
	const { job, list, status, signal } = view, next = link_button(t.next), none = dim(t.nothing)
	view.box.append(none, list, h('div.acts', link_button(t.to_newest, job_link(job.id)), next))
	for (let after = first; !signal.aborted;) {
		const is_over = is_ended(view.job), left = MOST - list.children.length
		const { results } = await get(`jobs/${job.id}/results`, { format: 'json', status, after, limit: left }, signal)
		list.append(...results.map(result => result_row(result, job)))
		after = results.at(-1)?.seq ?? after
		none.hidden = list.children.length > 0
		if (results.length === left) {
			next.href = job_link(job.id, { ...(status && { status }), after })
			next.hidden = false
		}
		if (results.length === left || is_over)
			return
		await pause(1000, signal)
	}
}

// Look for a text in all results: they are read as a stream and not kept.
const show_search = async view => {
	const { job, list, status, signal } = view, note = h('p.dim.small', { role: 'status' }, t.searching), q = view.q.toLowerCase()
	view.box.append(note, list)
	search: for await (const group of lines(await send('GET', `jobs/${job.id}/results`, { query: { format: 'ndjson', status }, signal }))) {
		for (const line of group.filter(line => line.toLowerCase().includes(q))) {
			list.append(result_row(JSON.parse(line), job))
			if (list.children.length >= MOST)
				break search
		}
	}
	say(note, t.matches(list.children.length))
}

export const show = async ({ put, ready, id, query, signal }) => {
	const view = { job: await get(`jobs/${id}`, {}, signal), signal, status: query.get('status'), q: query.get('q'), box: h('div'), list: h('div.results') }
	const head = make_head(view), outcomes = make_outcomes(view), is_live = !view.q && !view.status && !query.has('after')
	view.tell = job => {
		view.job = job
		head.show(job)
		outcomes.show(job)
		document.title = `${f.percent(job.completed / job.total)} ${title(job)} · asyncprobed`
	}
	put(head, h('div.spread.tools', outcomes, search_form(view)), view.box)
	view.tell(view.job)
	ready()
	if (is_live)
		return show_tail(view)
	follow(id, view.job.completed, signal, group => view.tell(group.findLast(({ event }) => event !== 'result')?.data ?? view.job)).catch(() => {})
	return view.q ? show_search(view) : show_page(view, query.get('after') ?? 0)
}
