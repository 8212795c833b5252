import {type EngineEvent, watchEvents} from '../../core/index.ts';
import {filterFlag} from '../cli/common-flags.ts';
import {readFilters} from '../cli/filters.ts';
import {print} from '../cli/output.ts';
import {parseTime} from '../cli/time-flag.ts';
import {UsageError} from '../cli/flags.ts';
import {openMap} from '../cli/template/values.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS]',
	description: 'Show events as they happen',
	args: [0, 0],
	flags: [
		filterFlag('Show those for which KEY=VALUE holds, e.g. type=container, event=die, container=web'),
		{name: 'format', kind: 'string', help: "How to print each event:\n'json':             as JSON\n'TEMPLATE':         a Go template"},
		{name: 'since', kind: 'string', help: 'Begin at a time (2026-01-31T12:00:00Z) or a duration ago (10m)'},
		{name: 'until', kind: 'string', help: 'End there'},
	],
	async run({flags, engine}) {
		const show = await renderer(flags.text('format'));
		const options = {
			filters: readFilters(flags),
			...(flags.given('since') && {since: parseTime(flags.text('since'))}),
			...(flags.given('until') && {until: parseTime(flags.text('until'))}),
		};
		for await (const events of watchEvents(engine(), options)) print(events.map(event => `${show(event)}\n`).join(''));
		return 0;
	},
};

async function renderer(format: string): Promise<(event: EngineEvent) => string> {
	if (format === '') return eventLine;
	if (format === 'json') return event => JSON.stringify(withOldNames(event));
	const {compileObject} = await import('../cli/format-template.ts');
	const template = parsed(() => compileObject(format));
	// A name that no event has is a mistake at once, and not at the first event.
	parsed(() => template(templateEvent(NOTHING)));
	return event => template(templateEvent(event));
}

const NOTHING: EngineEvent = {Type: 'container', Action: '', Actor: {ID: '', Attributes: {}}, scope: 'local', time: 0, timeNano: 0};

/** Docker's code for a template that is none. */
const BAD_TEMPLATE = 64;

function parsed<T>(work: () => T): T {
	try {
		return work();
	} catch (error) {
		throw new UsageError((error as Error).message.replace(/^failed to (parse|execute) template:/, 'Error parsing format:'), {exitCode: BAD_TEMPLATE, usage: false});
	}
}

const BILLION = 1_000_000_000n;

function nanoTime({timeNano}: EngineEvent): string {
	const nano = BigInt(timeNano);
	const seconds = new Date(Number(nano / BILLION) * 1000).toISOString().slice(0, 19);
	return `${seconds}.${String(nano % BILLION).padStart(9, '0')}Z`;
}

function eventLine(event: EngineEvent): string {
	const {Type, Action, Actor} = event;
	const attributes = Object.keys(Actor.Attributes)
		.toSorted()
		.map(key => `${key}=${Actor.Attributes[key]}`);
	return `${nanoTime(event)} ${Type} ${Action} ${Actor.ID}${attributes.length > 0 ? ` (${attributes.join(', ')})` : ''}`;
}

/** Docker still repeats three fields under their names of long ago. */
function withOldNames(event: EngineEvent): object {
	if (event.Type !== 'container' && event.Type !== 'image') return event;
	const {image} = event.Actor.Attributes;
	return {status: event.Action, id: event.Actor.ID, ...(image !== undefined && {from: image}), ...event};
}

/** Under the names that Docker's templates use. */
const templateEvent = (event: EngineEvent): object => ({
	toJSON: () => withOldNames(event),
	...event,
	Actor: {...event.Actor, Attributes: openMap({...event.Actor.Attributes})},
	Status: event.Action,
	ID: event.Actor.ID,
	From: event.Actor.Attributes['image'] ?? '',
	Scope: event.scope,
	Time: event.time,
	TimeNano: event.timeNano,
});
