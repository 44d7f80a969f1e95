// The frame: addresses, keys, the token, and whether the daemon answers.
import { signals } from './api.js'
import { h } from './dom.js'
import * as job from './job.js'
import * as jobs from './jobs.js'
import * as fresh from './new.js'
import * as now from './now.js'
import * as schedules from './schedules.js'
import * as servers from './servers.js'
import { t } from './texts.js'

const [main, nav, banner] = ['main', 'nav', 'banner'].map(id => document.getElementById(id))
const views = { '': now.show, jobs: jobs.show, 'jobs/': job.show, new: fresh.show, schedules: schedules.show, 'schedules/': schedules.show_one,
	servers: servers.show, limits: servers.show_limits }

let stop = new AbortController(), has_begun = false

const route = async () => {
	const [, name, id, query] = location.hash.match(/^#?\/?(\w*)\/?([\w-]*)\??(.*)$/) ?? [], view = views[id ? `${name}/` : name]
	stop.abort()
	stop = new AbortController()
	const { signal } = stop
	main.replaceChildren()
	delete main.dataset.ready
	for (const link of nav.children)
		link.toggleAttribute('aria-current', link.dataset.page === (name || 'now'))
	try {
		if (!view)
			throw new Error(t.unknown_page)
		await view({ id, query: new URLSearchParams(query), signal, put: (...parts) => {
			main.append(...parts)
			const title = main.querySelector('h1')
			document.title = `${title.textContent} · asyncprobed`
			if (has_begun)
				title.focus()
			has_begun = true
		}, ready: () => { main.dataset.ready = true } })
	} catch (error) {
		if (!signal.aborted)
			main.replaceChildren(h('h1', { tabindex: -1, role: 'alert' }, error.message))
	}
}

// A dialog that is gone once it is closed.
const open = (...children) => {
	const dialog = h('dialog', { 'aria-labelledby': 'dialog-title', onclose: () => dialog.remove() }, children)
	document.body.append(dialog)
	dialog.showModal()
	return dialog
}

signals.addEventListener('token', ({ detail }) => {
	const field = h('input', { id: 'token', type: 'password', autocomplete: 'off', required: true })
	const dialog = open(h('form', { onsubmit: event => {
		event.preventDefault()
		dialog.close()
		detail.done(field.value.trim())
	} }, h('h2', { id: 'dialog-title' }, t.token_needed), detail.wrong && h('p.fault', { role: 'alert' }, t.token_wrong),
	h('label', { for: 'token' }, t.token), field, h('p.dim.small', t.token_kept), h('button.button.primary', t.proceed)))
	dialog.addEventListener('cancel', event => event.preventDefault())
})
signals.addEventListener('offline', () => {
	banner.textContent = t.offline
	banner.hidden = false
})
signals.addEventListener('online', () => {
	banner.hidden = true
})

const help = () => open(h('h2', { id: 'dialog-title' }, t.keys),
	h('dl.keys', t.all_keys.map(([key, text]) => h('div', h('dt', h('kbd', key)), h('dd', text)))),
	h('form', { method: 'dialog' }, h('button.button', t.close)))

const step = by => {
	const rows = [...main.querySelectorAll('.row')].filter(row => row.offsetParent), at = rows.indexOf(document.activeElement)
	rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))]?.focus()
}

const keys = {
	'/': () => main.querySelector('.find')?.focus(), j: () => step(1), k: () => step(-1), n: () => { location.hash = '#/new' }, '?': help,
}
addEventListener('keydown', event => {
	const is_field = event.target.matches('input:not([type=checkbox], [type=radio]), textarea, select')
	if (event.ctrlKey || event.metaKey || event.altKey || is_field || document.querySelector('dialog[open]') || !keys[event.key])
		return
	event.preventDefault()
	keys[event.key]()
})

nav.append(...Object.entries(t.pages).map(([name, text]) => h('a', { href: `#/${name === 'now' ? '' : name}`, 'data-page': name }, text)))
document.querySelector('.skip').addEventListener('click', event => {
	event.preventDefault()
	main.focus()
})
addEventListener('hashchange', route)
route()
