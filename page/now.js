// The first page: the numbers that matter, what runs, and what needs a look.
import { get, poll } from './api.js'
import { h, rows, say } from './dom.js'
import * as f from './format.js'
import { dim, first_job, heading, job_card } from './parts.js'
import { t } from './texts.js'

const samples = [] // of [time, items, errors], kept while other pages are shown

const tile = (name, href) => {
	const value = h('strong.num', '–'), note = h('span.dim.small'), element = h('a.tile', { href }, h('span.small', name), value, note)
	element.show = (text, more) => {
		say(value, text)
		say(note, more)
	}
	return element
}

// Items a second, and the share of errors in the last five minutes.
const measure = ({ completed, errors, unknown }) => {
	const last = [performance.now(), completed, errors + unknown]
	if (samples.length > 0 && last[1] < samples.at(-1)[1])
		samples.length = 0 // the daemon was restarted
	samples.push(last)
	while (last[0] - samples[0][0] > 300000)
		samples.shift()
	const [first] = samples, near = samples.findLast(([at]) => last[0] - at > 3500) ?? first, n = last[1] - first[1]
	return [near === last ? 0 : (last[1] - near[1]) / (last[0] - near[0]) * 1000, n > 0 ? (last[2] - first[2]) / n : 0]
}

const find_fault = ({ unready, name_servers, downloads }) => unready ?? (name_servers.resting > 0 && name_servers.healthy === 0 ? t.faults.names
	: downloads.quota_bytes && downloads.bytes > 0.95 * downloads.quota_bytes ? t.faults.quota : '')

const show_tiles = (tiles, { jobs, items, store, downloads }) => {
	const waits = Object.entries(t.waits).filter(([name]) => jobs[name] > 0).map(([name, text]) => `${f.number(jobs[name])} ${text}`).join(', ')
	const [per_second, share] = measure(items), waiting = t.not_begun(items.waiting)
	tiles[0].show(f.number(jobs.running), t.in_flight(items.in_flight))
	tiles[1].show(f.number(jobs.queued), waits || waiting)
	tiles[2].show(f.number(Math.round(per_second)), t.since_start(items.completed))
	tiles[3].show(f.percent(share), t.last_minutes)
	tiles[4].show(f.duration(items.oldest_age_ms), waiting)
	tiles[5].show(f.bytes(store.bytes), t.of_files(f.bytes(downloads.bytes)))
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
		const [status, live, latest, { schedules }] = await Promise.all([get('status', {}, signal), get('jobs', { state: 'running', limit: 20 }, signal),
			get('jobs', { limit: 30 }, signal), get('schedules', { limit: 100 }, signal)])
		say(fault, find_fault(status))
		fault.hidden = fault.textContent === ''
		show_tiles(tiles, status)
		running.show(live.jobs)
		recent.show(latest.jobs.filter(job => job.finished_at).slice(0, 6))
		odd.show(schedules.filter(schedule => schedule.last_state === 'failed' || schedule.changes > 0).slice(0, 10))
		empty.hidden = latest.jobs.length > 0
		idle.hidden = live.jobs.length > 0 || latest.jobs.length === 0
		ready()
	})
}
