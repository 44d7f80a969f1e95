// Schedules: when they run next, how their last runs ended, and what has changed.
import { get, poll, post, send } from './api.js'
import { h, rows, say, svg } from './dom.js'
import * as f from './format.js'
import { act, badge, counts, dim, facts, heading, job_link, link_button, mark, n_failed, reason, remove_button, status_name, table } from './parts.js'
import { t } from './texts.js'

const rule = schedule => schedule.every ? t.interval(schedule.every) : `${schedule.cron} (${schedule.timezone})`
const next_run = schedule => schedule.paused ? t.paused : schedule.next_run_at && f.ago(schedule.next_run_at)
const last_run = schedule => schedule.last_run_at ? f.ago(schedule.last_run_at) : t.never

const make_acts = (id, tell) => {
	const change = (text, verb) => act(text, async () => tell(await post(`schedules/${id}/${verb}`)))
	const run = act(t.run_now, async () => { location.hash = job_link((await post(`schedules/${id}/run`)).id) })
	const pause = change(t.pause, 'pause'), resume = change(t.resume, 'resume'), acts = h('span.acts', run, pause, resume)
	acts.show = now => {
		pause.hidden = now.paused
		resume.hidden = !now.paused
	}
	return acts
}

const schedule_row = schedule => {
	const next = h('td'), state = badge(), last = h('div.dim.small'), changes = h('td'), link = h('a.name', state), acts = make_acts(schedule.id, now => row.update(now))
	const row = h('tr', h('td', h('a.name.row', { href: `#/schedules/${schedule.id}` }, schedule.name ?? rule(schedule)), h('div.dim.small', rule(schedule))),
		next, h('td', link, last), changes, h('td', acts))
	row.update = now => {
		say(next, next_run(now))
		say(last, last_run(now))
		say(changes, t.n_changes(now.changes))
		link.hidden = !now.last_state
		link.href = job_link(now.last_job_id)
		state.show(now.last_state)
		acts.show(now)
	}
	return row
}

export const show = async ({ put, ready, query, signal }) => {
	const body = h('tbody'), list = table([t.schedule, t.next_run, t.last_run, t.changes, ''], body), none = dim(t.no_schedule, true), older = link_button(t.older)
	put(heading(t.pages.schedules), list, none, h('div.acts', older))
	await poll(3000, signal, async () => {
		const { schedules, next } = await get('schedules', { limit: 50, cursor: query.get('cursor') }, signal)
		rows(body, schedules, schedule => schedule.id, schedule_row)
		list.hidden = schedules.length === 0
		none.hidden = schedules.length > 0
		older.hidden = next == null
		older.href = `#/schedules?cursor=${next}`
		ready()
	})
}

// --- One schedule ---

// The last runs, oldest first, one bar each: a run with failures is higher, and its words say the rest.
const run_bars = jobs => svg('svg.bars', { role: 'group', 'aria-label': t.last_runs }, jobs.toReversed().map((job, i) => {
	const kind = job.state === 'failed' || n_failed(job) > 0 ? 'bad' : job.state === 'done' ? 'good' : 'none', height = { bad: 100, good: 60, none: 30 }[kind]
	const text = `${f.when(job.created_at)}: ${t.states[job.state]}, ${counts(job)}`
	return svg('a', { href: job_link(job.id), 'aria-label': text }, svg('title', text),
		svg(`rect.${kind}`, { x: `${2 * i}%`, width: '1.4%', y: `${100 - height}%`, height: `${height}%`, rx: 2 }))
}))

const finding = value => value ? h('p', mark(value.status), ' ', status_name(value.status), ' ', h('code', value.value || reason(value))) : dim(t.unknown_before)
const change_card = change => h('li.card', h('div.spread', h('b', change.target), h('a.small', { href: job_link(change.job_id), title: f.when(change.at) }, f.ago(change.at))),
	h('del', finding(change.from)), h('ins', finding(change.to)))

export const show_one = async ({ put, ready, id, signal }) => {
	const path = `schedules/${id}`, schedule = await get(path, {}, signal)
	const about = h('div'), bars = h('div'), list = h('ul.cards'), none = dim(t.nothing), acts = make_acts(id, now => tell(now))
	const tell = now => {
		acts.show(now)
		about.replaceChildren(facts([[t.next_run, next_run(now)], [t.last_run, last_run(now)], [t.changes, f.number(now.changes)]]))
	}
	put(heading(schedule.name ?? rule(schedule)), dim(rule(schedule)), about, h('div.acts', acts, remove_button(path, async () => {
		await send('DELETE', path)
		location.hash = '#/schedules'
	})), h('h2', t.last_runs), bars, h('p', h('a', { href: `#/jobs?schedule_id=${id}` }, t.all_runs)), h('h2', t.changes), none, list)
	tell(schedule)
	await poll(3000, signal, async () => {
		const [now, { jobs }] = await Promise.all([get(path, {}, signal), get('jobs', { schedule_id: id, limit: 50 }, signal)])
		const { changes } = await get(`${path}/changes`, { after: Math.max(0, now.changes - 50) }, signal), told = jobs.map(job => job.id + job.completed).join()
		tell(now)
		if (bars.dataset.told !== told)
			bars.replaceChildren(run_bars(jobs))
		bars.dataset.told = told
		rows(list, changes.reverse(), change => change.seq, change_card)
		none.hidden = changes.length > 0
		ready()
	})
}
