// All jobs: filters in the address, pages by cursor.
import { get, poll } from './api.js'
import { h, rows } from './dom.js'
import * as f from './format.js'
import { describe, dim, first_job, heading, job_link, job_parts, link_button, table, title } from './parts.js'
import { t } from './texts.js'

const hash = query => `#/jobs${query.size > 0 ? `?${query}` : ''}`

const job_row = job => {
	const parts = job_parts(job)
	const row = h('tr', h('td', h('a.name.row', { href: job_link(job.id) }, title(job)), h('div.dim.small', describe(job))),
		h('td', parts.state), h('td.wide', parts.bar, h('div.spread.small', parts.progress, parts.pace)),
		h('td.dim', { title: f.when(job.created_at) }, f.ago(job.created_at)))
	row.update = parts.show
	return row
}

const choice = (name, options, chosen) => h('label', h('span', t[name]), h('select', { name }, h('option', { value: '' }, t.any),
	Object.entries(options).map(([value, text]) => h('option', { value, selected: value === chosen }, text))))

const filter_form = query => {
	const go = event => {
		event.preventDefault()
		location.hash = hash(new URLSearchParams([...new FormData(form)].filter(([, value]) => value)))
	}
	const form = h('form.filters', { role: 'search', onchange: go, onsubmit: go }, choice('state', t.states, query.get('state')),
		choice('kind', t.kinds, query.get('kind')),
		h('label', h('span', t.label), h('input', { name: 'label', value: query.get('label') ?? '', class: 'find' })),
		h('button.button', t.filter), query.size > 0 && link_button(t.clear, '#/jobs'))
	return form
}

export const show = async ({ put, ready, query, signal }) => {
	const body = h('tbody'), list = table([t.job, t.state, t.progress_title, t.queued], body), none = dim(t.nothing, true), empty = first_job()
	const newest = new URLSearchParams(query), older = link_button(t.older)
	newest.delete('cursor')
	put(heading(t.pages.jobs), filter_form(query), list, none, empty, h('div.acts', link_button(t.newest, query.has('cursor') ? hash(newest) : null), older))
	await poll(2000, signal, async () => {
		const { jobs, next } = await get('jobs', { ...Object.fromEntries(query), limit: 50 }, signal)
		rows(body, jobs, job => job.id, job_row)
		list.hidden = jobs.length === 0
		none.hidden = jobs.length > 0 || query.size === 0
		empty.hidden = jobs.length > 0 || query.size > 0
		older.hidden = next == null
		older.href = hash(new URLSearchParams([...newest, ['cursor', next]]))
		ready()
	})
}
