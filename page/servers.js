// Name servers and registries as they are now, and the limits in force.
import { get, poll } from './api.js'
import { h, rows } from './dom.js'
import * as f from './format.js'
import { badge, dim, facts, heading, list, table } from './parts.js'
import { t } from './texts.js'

const health = (is_resting, why, until) => {
	const state = badge()
	state.show(is_resting ? 'failed' : 'done', is_resting ? t.resting : t.healthy)
	return h('div', state, h('div.dim.small', list(t.why[why], until && t.until(f.when(until)))))
}

// A row whose cells are made anew each time but for its name, which may have the focus.
const row_of = (name, cells) => item => {
	const row = h('tr', h('td', h('code.row', { tabindex: 0 }, item[name])))
	row.update = now => {
		while (row.children.length > 1)
			row.lastChild.remove()
		row.append(...cells(now).map(cell => h('td.num', cell)))
	}
	return row
}

const server_row = row_of('address', now => [health(now.state === 'resting', now.why, now.until), `${f.number(now.in_flight)} / ${f.number(now.window)}`,
	now.rtt_ms == null ? '' : f.duration(now.rtt_ms),
	list(...Object.entries({ ...now.answers, [t.timeouts]: now.timeouts }).filter(([, n]) => n > 0).map(([code, n]) => `${code} ${f.number(n)}`))])
const registry_row = row_of('host', now => [health(now.resting, null, now.until), t.rate(f.decimal(now.rate_per_second)), f.number(now.asked), f.number(now.refused)])

const section = (title, names, key, make) => {
	const body = h('tbody'), element = table(names, body), none = dim(t.nothing, true)
	return [h('section', h('h2', title), element, none), items => {
		rows(body, items, item => item[key], make)
		element.hidden = items.length === 0
		none.hidden = items.length > 0
	}]
}

export const show = async ({ put, ready, signal }) => {
	const [servers, show_servers] = section(t.name_servers, [t.server, t.state, t.flight, t.usual_time, t.answers], 'address', server_row)
	const [registries, show_registries] = section(t.registries, [t.server, t.state, t.speed, t.asked, t.refusals], 'host', registry_row)
	put(heading(t.pages.servers), servers, registries)
	await poll(2000, signal, async () => {
		const [{ name_servers }, { hosts }] = await Promise.all([get('servers', {}, signal), get('registries', {}, signal)])
		show_servers(name_servers)
		show_registries(hosts)
		ready()
	})
}

// --- Limits ---

const words = name => name.replace(/_(ms|bytes)$/, '').replaceAll('_', ' ')
const write = (name, value) => value === null ? t.no_limit : typeof value === 'object' ? Object.entries(value).map(([key, one]) => `${key} ${write(name, one)}`).join(', ')
	: typeof value === 'string' ? value : name.endsWith('_ms') ? f.duration(value) : name.endsWith('bytes') ? f.bytes(value) : f.number(value)

export const show_limits = async ({ put, ready, signal }) => {
	const limits = await get('limits', {}, signal)
	put(heading(t.pages.limits), dim(t.limits_hint), h('div.cards', Object.entries(limits).map(([name, group]) => h('section.card', h('h2', words(name)),
		facts(Object.entries(group).map(([key, value]) => [words(key), write(key, value)]))))))
	ready()
}
