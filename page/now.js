// The first page: the numbers that matter, what runs, and what needs a look.
import { get, poll, send } from './api.js'
import { h, rows, say } from './dom.js'
import * as f from './format.js'
import { dim, first_job, heading, job_card } from './parts.js'
import { t } from './texts.js'

const samples = [] // of [time, items, errors], kept while other pages are shown

// The metrics, as a function: all values of a name whose labels have the text.
const read_metrics = async signal => {
	const text = await (await send('GET', 'metrics', { signal })).text()
	const cells = [...text.matchAll(/^asyncprobed_(\w+)(\{.*\})? (\S+)$/gm)]
	return (name, label = '') => cells.filter(cell => cell[1] === name && (cell[2] ?? '').includes(label)).map(cell => Number(cell[3]))
}
const sum = values => values.reduce((a, b) => a + b, 0)

const tile = (name, href) => {
	const value = h('strong.num', '–'), note = h('span.dim.small'), element = h('a.tile', { href }, h('span.small', name), value, note)
	element.show = (text, more) => {
		say(value, text)
		say(note, more)
	}
	return element
}

// Items a second, and the share of errors in the last five minutes.
const measure = values => {
	const errors = ['error', 'unknown', 'down'].flatMap(status => values('items_total', `status="${status}"`))
	const last = [performance.now(), sum(values('items_total')), sum(errors)]
	if (samples.length > 0 && last[1] < samples.at(-1)[1])
		samples.length = 0 // the daemon was restarted
	samples.push(last)
	while (last[0] - samples[0][0] > 300000)
		samples.shift()
	const [first] = samples, near = samples.findLast(([at]) => last[0] - at > 3500) ?? first, n = last[1] - first[1]
	return [near === last ? 0 : (last[1] - near[1]) / (last[0] - near[0]) * 1000, n > 0 ? (last[2] - first[2]) / n : 0]
}

const find_fault = (values, is_ready) => {
	const healthy = values('dns_server_healthy'), [quota] = values('downloads_quota_bytes')
	const fault = values('store_writable')[0] === 0 ? 'store' : !is_ready ? 'ready' : healthy.length > 0 && sum(healthy) === 0 ? 'names'
		: quota > 0 && values('downloads_bytes')[0] > 0.95 * quota && 'quota'
	return t.faults[fault]
}

const show_tiles = (tiles, values) => {
	const waits = Object.entries(t.waits).map(([name, text]) => [sum(values('jobs_waiting', `"${name}"`)), text]).filter(([n]) => n > 0)
	const oldest = Math.max(...values('queue_oldest_age_seconds')), [per_second, share] = measure(values)
	const not_begun = t.not_begun(sum(values('queue_length')))
	tiles[0].show(f.number(sum(values('jobs', '"running"'))), t.in_flight(sum(values('items_in_flight'))))
	tiles[1].show(f.number(sum(values('jobs', '"queued"'))), waits.map(([n, text]) => `${f.number(n)} ${text}`).join(', ') || not_begun)
	tiles[2].show(f.number(Math.round(per_second)), t.since_start(sum(values('items_total'))))
	tiles[3].show(f.percent(share), t.last_minutes)
	tiles[4].show(f.duration(oldest * 1000), not_begun)
	tiles[5].show(f.bytes(sum(values('store_bytes'))), t.of_files(f.bytes(sum(values('downloads_bytes')))))
}

const schedule_card = schedule => {
	const why = h('span.small')
	const card = h('li.card', h('div.spread', h('a.name.row', { href: `#/schedules/${schedule.id}` }, schedule.name ?? schedule.every ?? schedule.cron), why))
	card.update = now => say(why, now.last_state === 'failed' ? t.last_failed : t.n_changes(now.changes))
	return card
}

const section = (name, make) => {
	const list = h('ul.cards'), element = h('section', { hidden: true }, h('h2', name), list)
	element.show = items => {
		rows(list, items, item => item.id, make)
		element.hidden = items.length === 0
	}
	return element
}

export const show = async ({ put, ready, signal }) => {
	const tiles = [tile(t.running, '#/jobs?state=running'), tile(t.waiting, '#/jobs?state=queued'), tile(t.items_rate, '#/jobs'),
		tile(t.errors, '#/jobs'), tile(t.oldest, '#/jobs?state=queued'), tile(t.disk, '#/limits')]
	const fault = h('p.banner.inside', { role: 'alert', hidden: true }), idle = dim(t.idle, true), empty = first_job()
	const running = section(t.running_jobs, job_card), recent = section(t.recent, job_card), odd = section(t.odd_schedules, schedule_card)
	put(heading(t.pages.now), fault, h('div.tiles', tiles), empty, running, idle, odd, recent)
	await poll(2000, signal, async () => {
		const [values, is_ready, live, latest, { schedules }] = await Promise.all([read_metrics(signal),
			get('readyz', {}, signal).then(() => true, error => error.status !== 503), get('jobs', { state: 'running', limit: 20 }, signal),
			get('jobs', { limit: 30 }, signal), get('schedules', { limit: 100 }, signal)])
		say(fault, find_fault(values, is_ready) ?? '')
		fault.hidden = fault.textContent === ''
		show_tiles(tiles, values)
		running.show(live.jobs)
		recent.show(latest.jobs.filter(job => job.finished_at).slice(0, 6))
		odd.show(schedules.filter(schedule => schedule.last_state === 'failed' || schedule.changes > 0).slice(0, 10))
		empty.hidden = latest.jobs.length > 0
		idle.hidden = live.jobs.length > 0 || latest.jobs.length === 0
		ready()
	})
}
