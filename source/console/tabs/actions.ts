import {formatClock} from '../format.ts';
import {cell, type TabSpec} from './tab.ts';

/** The audit trail: what operators did on this store, from any console. */
export const actions: TabSpec = {
	title: 'Actions',
	kind: 'host',
	view: 'sheet',
	reload: 'event',
	empty: 'Nobody has done anything from a console yet',
	columns: [
		{name: 'time', title: 'TIME', width: 19, keep: 100},
		{name: 'who', title: 'WHO', width: 14, grow: 1, keep: 70},
		{name: 'verb', title: 'WHAT', width: 14, keep: 95},
		{name: 'name', title: 'NAME', width: 16, grow: 1, keep: 90},
		{name: 'result', title: 'RESULT', width: 12, grow: 2, keep: 80},
		{name: 'id', title: 'ID', width: 12, keep: 30},
	],
	load: ({engine}) => ({
		nodes: engine.readAudit().map(({time, who, verb, kind, id, name, result}, index) => ({
			key: `${time} ${id} ${index}`,
			cells: {
				time: cell(`${time.slice(0, 10)} ${formatClock(Date.parse(time))}`, 'faint'),
				who: cell(who, 'muted'),
				verb: cell(verb, 'text'),
				name: cell(name, 'strong'),
				result: cell(result, result === 'done' ? 'good' : /^(opened|shell)$/.test(result) ? 'text' : 'warn'),
				id: cell(id.replace('sha256:', '').slice(0, 12), 'faint'),
			},
			...(kind === 'container' && id !== '' && {target: {kind: 'container' as const, id, name}}),
		})),
		note: 'newest first',
	}),
};
