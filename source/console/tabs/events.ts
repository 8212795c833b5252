import {formatClock} from '../format.ts';
import type {EngineEvent} from '../store/engine-port.ts';
import type {SheetNode} from '../store/sheet.ts';
import type {Role} from '../theme/palette.ts';
import {cell, type TabSpec, targetId} from './tab.ts';

const roles: Readonly<Record<string, Role>> = {
	start: 'good',
	die: 'warn',
	oom: 'bad',
	kill: 'warn',
	destroy: 'bad',
	stop: 'warn',
	pause: 'busy',
	unpause: 'good',
	create: 'cpu',
	pull: 'cpu',
	delete: 'bad',
	health_status: 'busy',
};

const pad = (value: number): string => String(value).padStart(2, '0');

/** The day where it is not today. */
function when(seconds: number, now: number): string {
	const [at, today] = [new Date(seconds * 1000), new Date(now)];
	const clock = formatClock(seconds * 1000);
	return at.toDateString() === today.toDateString() ? clock : `${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clock}`;
}

function toNode({time, timeNano, Type, Action, Actor}: EngineEvent, index: number, now: number): SheetNode {
	const {name = Actor.ID.slice(0, 12), image = '', exitCode, signal} = Actor.Attributes;
	const [action = '', detail = ''] = Action.split(':', 2);
	const words = [detail.trim(), exitCode === undefined ? '' : `exit ${exitCode}`, signal === undefined ? '' : `signal ${signal}`, Type === 'image' ? '' : image].filter(
		word => word !== '',
	);
	return {
		key: `${timeNano} ${Actor.ID} ${Action} ${index}`,
		cells: {
			time: cell(when(time, now), 'faint', time),
			type: cell(Type, 'muted'),
			action: cell(action, roles[action] ?? 'text'),
			name: cell(name, 'strong'),
			more: cell(words.join('  '), 'muted'),
		},
		...(Type === 'container' && {target: {kind: 'container' as const, id: Actor.ID, name}}),
	};
}

const columns: TabSpec['columns'] = [
	{name: 'time', title: 'TIME', width: 14, keep: 100},
	{name: 'type', title: 'TYPE', width: 9, keep: 60},
	{name: 'action', title: 'ACTION', width: 13, keep: 95},
	{name: 'name', title: 'NAME', width: 16, grow: 1, keep: 90},
	{name: 'more', title: '', width: 16, grow: 2, keep: 50},
];

const spec = {title: 'Events', view: 'sheet', columns, reload: 'event', empty: 'Nothing has happened since yesterday'} as const;

export const hostEvents: TabSpec = {
	...spec,
	kind: 'host',
	load: ({state}) => ({nodes: state.events.map((event, index) => toNode(event, state.events.length - index, state.now)), note: 'newest first'}),
};

export const containerEvents: TabSpec = {
	...spec,
	kind: 'container',
	load: reading => ({
		nodes: reading.state.events.filter(({Actor}) => Actor.ID === targetId(reading)).map((event, index, all) => toNode(event, all.length - index, reading.state.now)),
		note: 'newest first',
	}),
};
