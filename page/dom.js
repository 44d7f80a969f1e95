// Elements are made by functions, never from markup: whatever the API says is text.

const fill = (element, classes, rest) => {
	if (classes.length > 0)
		element.setAttribute('class', classes.join(' '))
	const attributes = rest[0]?.constructor === Object ? rest.shift() : {}
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith('on'))
			element.addEventListener(name.slice(2), value)
		else if (name === 'value' || name === 'checked')
			element[name] = value
		else if (value != null && value !== false)
			element.setAttribute(name, value === true ? '' : value)
	}
	element.append(...rest.flat(3).filter(child => child != null && child !== false))
	return element
}

// h('p.dim.small', {attributes}, children...): the attributes may be left out.
export const h = (tag, ...rest) => {
	const [name, ...classes] = tag.split('.')
	return fill(document.createElement(name), classes, rest)
}
export const svg = (tag, ...rest) => {
	const [name, ...classes] = tag.split('.')
	return fill(document.createElementNS('http://www.w3.org/2000/svg', name), classes, rest)
}

// Change a text only if it differs, so that nothing is announced twice.
export const say = (element, text) => {
	if (element.textContent !== String(text))
		element.textContent = text
}

// Show one row for each item. A row stays as long as its key, and so do focus and what is open.
export const rows = (container, items, key, make) => {
	const old = new Map([...container.children].map(row => [row.dataset.key, row]))
	items.forEach((item, i) => {
		const id = String(key(item)), row = old.get(id) ?? make(item)
		row.dataset.key = id
		old.delete(id)
		row.update?.(item)
		if (container.children[i] !== row)
			container.insertBefore(row, container.children[i] ?? null)
	})
	for (const row of old.values())
		row.remove()
}
