// Every text that the page shows.
import { number } from './format.js'

const count = (one, many) => n => n === 1 ? `1 ${one}` : `${number(n)} ${many}`
const items = count('item', 'items'), names = count('name', 'names')

export const t = {
	pages: { now: 'Now', jobs: 'Jobs', schedules: 'Schedules', servers: 'Servers', limits: 'Limits' },
	offline: 'The daemon does not answer. Trying again.',
	unknown_page: 'There is no such page.',
	token: 'Token',
	token_needed: 'This daemon needs a token',
	token_kept: 'It is kept in this tab until you close it.',
	token_wrong: 'The daemon does not know this token.',
	proceed: 'Continue',
	close: 'Close',
	keys: 'Keys',
	all_keys: [['/', 'Search'], ['j', 'Next row'], ['k', 'Previous row'], ['Enter', 'Open the row'], ['n', 'New job'], ['?', 'Show these keys']],

	kinds: { domains: 'Domains', downloads: 'Downloads', flags: 'Flags', probes: 'Probes' },
	checks: { resolve: 'Addresses', records: 'Records', delegation: 'Delegation', registration: 'Registration' },
	states: { queued: 'Queued', running: 'Running', done: 'Done', cancelled: 'Cancelled', failed: 'Failed' },
	paused: 'Paused',
	statuses: {
		found: 'Found', not_found: 'Not found', error: 'Error', ok: 'Saved', unchanged: 'Unchanged', registered: 'Registered',
		available: 'Available', reserved: 'Reserved', unknown: 'Unknown', up: 'Up', down: 'Down',
	},
	// reasons that say little as they are
	reasons: {
		nxdomain: 'does not exist', no_address: 'exists without an address', timeout: 'no answer in time', servfail: 'the name server failed',
		lame: 'no server is responsible', invalid_name: 'not a name', policy: 'never looked up',
		dns_not_found: 'the host does not exist', dns_error: 'the host was not resolved', 
		http_status: 'unexpected status', denied_target: 'not permitted by targets.allow and targets.ports',
		deadline: 'its deadline passed', input_lost: 'its input could not be read',
	},
	progress: (done, total) => `${number(done)} of ${items(total)}`,
	rate: text => `${text}/s`,
	left: text => `${text} left`,
	took: text => `took ${text}`,
	starts: text => `starts ${text}`,

	running: 'Running', waiting: 'Waiting', items_rate: 'Items a second', errors: 'Errors', oldest: 'Longest wait', disk: 'Disk',
	in_flight: n => `${number(n)} in flight`,
	waits: { waiting_for_time: 'for their time', waiting_for_place: 'for a place', paused: 'paused' },
	not_begun: n => `${items(n)} not started`,
	since_start: n => `${number(n)} since the start`,
	last_minutes: 'in the last 5 minutes',
	of_files: text => `and ${text} of files`,
	running_jobs: 'Running jobs', recent: 'Recently ended', odd_schedules: 'Schedules with changes or failures', idle: 'No job is running.',
	last_failed: 'the last run failed',
	n_changes: count('change', 'changes'),
	faults: {
		names: 'No name server answers.',
		quota: 'The download directory has nearly reached its quota.',
	},
	first: 'No jobs yet',
	first_text: 'Look up the Python keywords of up to four letters under .dev.',
	first_button: 'Queue the Python keywords',

	state: 'State', kind: 'Kind', label: 'Label', any: 'Any', filter: 'Filter', clear: 'Clear', job: 'Job', progress_title: 'Progress', queued: 'Queued',
	nothing: 'Nothing here.', older: 'Older', newest: 'Newest', next: 'Next',

	all: 'All', pause: 'Pause', resume: 'Resume', cancel: 'Cancel', remove: 'Remove', search: 'Search', results: 'Results', copy: 'Copy the names',
	retry: n => `Retry ${number(n)}`,
	sure: 'Remove this with all that belongs to it? This can’t be undone.',
	copied: n => `${names(n)} copied.`,
	save_as: 'Save as', newest_first: 'Newest first, as they arrive', from_first: 'From the first', to_newest: 'Newest first',
	matches: count('match', 'matches'),
	searching: 'Searching',
	attempts: 'Attempts', duration: 'Duration', finished: 'Finished', started: 'Started', ended: 'Ended', schedule: 'Schedule', retry_of: 'Retry of',

	new_job: 'New job',
	list: { domains: 'Names, one per line', downloads: 'URLs, one per line', flags: 'Country codes, one per line' },
	list_hint: {
		domains: 'Complete names, or words that are combined with each suffix. Patterns such as ?? or {get,my}app work.',
		downloads: 'http and https, or the lines of a checksum list.', flags: 'Empty: the list below. One letter stands for all codes that begin with it.',
	},
	drop: 'Drop a file here, or choose one', drop_remove: 'Remove the file', suffixes: 'Suffixes', suffixes_hint: 'such as dev, com.br', check: 'Check',
	keywords: 'Add the Python keywords', max_length: 'Longest word', preset: 'Preset',
	presets: { pop20: '20 most populous countries', all: 'All 194 countries', every: 'AA to ZZ' },
	more: 'More options', concurrency: 'At the same time', rate_limit: 'Per second',
	at_most: n => `at most ${number(n)}`,
	every: 'Repeat every', every_hint: 'such as 5m or 1d; makes a schedule', no_file: 'A schedule can’t take its list from a file.',
	start: 'Start', count: 'Count', sending: 'Sending …', from_shell: 'The same from a shell',
	counted: (total, twice, bad) => `${items(total)}, ${number(twice)} duplicates, ${number(bad)} invalid. The first:`,

	no_schedule: 'No schedules yet. A new job becomes one if it repeats.', next_run: 'Next run', last_run: 'Last run', changes: 'Changes', never: 'never',
	interval: text => `every ${text}`,
	run_now: 'Run now', last_runs: 'Last runs', all_runs: 'All runs', unknown_before: 'not known before',

	name_servers: 'Name servers', registries: 'Registries (RDAP)',
	server: 'Server', flight: 'In flight', usual_time: 'Usual time', answers: 'Answers', timeouts: 'Time-outs', healthy: 'Healthy', resting: 'Resting',
	until: text => `until ${text}`,
	asked: 'Asked', refusals: 'Refused', speed: 'Rate',
	why: { no_route: 'no route', closed: 'port closed', silent: 'does not answer', failing: 'fails where others answer', lying: 'gave a false answer', unproven: 'not checked yet' },
	limits_hint: 'The limits in force. They are set in asyncprobed.conf.', no_limit: 'no limit',
}
