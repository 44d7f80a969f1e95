// Numbers and times, as the reader's language writes them.
const language = navigator.languages
const make = options => { const format = new Intl.NumberFormat(language, options); return value => format.format(value) }
const unit = (name, digits = 0) => make({ style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits })
const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
const full = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' })
const units = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]].map(([name, length]) => [name, length, unit(name)])
const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
const milliseconds = unit('millisecond', 1), seconds = unit('second', 1)

export const number = make({})
export const decimal = make({ maximumFractionDigits: 1 })
export const percent = make({ style: 'percent', maximumFractionDigits: 1 })
export const when = text => text && full.format(new Date(text))

// The two largest units: `1 min 5 sec`
export const duration = msec => {
	if (msec < 10000)
		return msec < 1000 ? milliseconds(msec < 10 ? msec : Math.round(msec)) : seconds(msec / 1000)
	let left = Math.round(msec / 1000)
	const first = units.findIndex(([, length]) => left >= length)
	return units.slice(first, first + 2).map(([, length, write]) => {
		const n = Math.floor(left / length)
		left %= length
		return n > 0 && write(n)
	}).filter(Boolean).join(' ')
}

// `3 minutes ago`, `in 2 hours`
export const ago = text => {
	const distance = Math.round((new Date(text) - Date.now()) / 1000)
	const [name, length] = units.find(([, n]) => Math.abs(distance) >= n) ?? units[3]
	return relative.format(Math.trunc(distance / length), name)
}

export const bytes = n => {
	const i = n < 1000 ? 0 : Math.min(Math.floor(Math.log10(n) / 3), sizes.length - 1)
	return unit(sizes[i], i > 0 && n < 10 * 1000 ** i ? 1 : 0)(n / 1000 ** i)
}
