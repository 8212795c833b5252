import type {Engine} from '../engine/engine.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {findImage} from '../image/find.ts';
import type {ContainerSummary} from './model.ts';
import type {Filters} from './options.ts';
import {type ContainerRecord, findRecord} from './record.ts';

type Test = (summary: ContainerSummary, record: ContainerRecord) => boolean;

const refuse = (key: string, message: string): EngineError => new EngineError({code: 'container.invalid-filter', subject: key, message});

const notBoolean = (key: string, value: string): EngineError => refuse(key, `invalid filter '${key}=[${value}]'`);

/** Docker's keys of `ps --filter`: any value of a key, every key. */
const tests: Readonly<Record<string, (engine: Engine, value: string) => Test>> = {
	ancestor: (engine, value) => byImage(engine, value),
	before: (engine, value) =>
		(
			(created: string): Test =>
			summary =>
				summary.createdAt < created
		)(findRecord(engine.db, value).createdAt),
	since: (engine, value) =>
		(
			(created: string): Test =>
			summary =>
				summary.createdAt > created
		)(findRecord(engine.db, value).createdAt),
	exited: (_, value) => {
		if (!/^-?\d+$/.test(value)) throw refuse('exited', `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
		return ({status, exitCode}) => exitCode === Number(value) && (status === 'exited' || status === 'dead');
	},
	expose: (_, value) => byPort('expose', value, ({containerPort}) => containerPort),
	publish: (_, value) => byPort('publish', value, ({hostPort}) => hostPort),
	health: (_, value) => {
		if (!['starting', 'healthy', 'unhealthy', 'none'].includes(value)) throw refuse('health', `unrecognised filter value for health: ${value}`);
		return ({health = 'none'}) => health === value;
	},
	id: (_, value) => summary => summary.id.startsWith(value) || matchesPattern(summary.id, value),
	'is-task': (_, value) => {
		if (!['true', 'false', '1', '0'].includes(value)) throw notBoolean('is-task', value);
		return () => value === 'false' || value === '0';
	},
	// There is only one, and it has no name.
	isolation: () => () => true,
	label: (_, value) => byLabel(value),
	name: (_, value) => summary => matchesPattern(`/${summary.name}`, value) || matchesPattern(summary.name, value),
	network: (_, value) => summary => Object.keys(summary.networks).some(name => name === value || (value.length > 3 && name.startsWith(value))),
	status: (_, value) => {
		if (!['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead'].includes(value)) throw refuse('status', `invalid filter 'status=${value}'`);
		return ({status}) => status === value || (value === 'running' && status === 'stopping');
	},
	volume:
		(_, value) =>
		({mounts}, {config}) =>
			mounts.includes(value) || config.mounts.some(({target}) => target === value),
};

export function matcher(engine: Engine, filters: Filters): Test {
	const groups = [...filters].map(([key, values]) => {
		const make = Object.hasOwn(tests, key) ? tests[key] : undefined;
		if (make === undefined)
			throw new EngineError({code: 'container.invalid-filter', subject: key, message: `invalid filter '${key}'`, hint: `These are known: ${Object.keys(tests).join(', ')}.`});
		// Every label that is named must be there.
		const made = values.map(value => make(engine, value));
		return key === 'label' ? (...found: Parameters<Test>) => made.every(test => test(...found)) : (...found: Parameters<Test>) => made.some(test => test(...found));
	});
	return (...found) => groups.every(test => test(...found));
}

/** Docker takes a regular expression; text that is none is looked for as it is. */
function matchesPattern(text: string, pattern: string): boolean {
	if (pattern.length <= 256) {
		try {
			return new RegExp(pattern).test(text);
		} catch {
			// Not a regular expression.
		}
	}
	return text.includes(pattern);
}

function byLabel(value: string): Test {
	const equals = value.indexOf('=');
	return ({labels}) => (equals < 0 ? Object.hasOwn(labels, value) : labels[value.slice(0, equals)] === value.slice(equals + 1));
}

function byImage(engine: Engine, value: string): Test {
	try {
		const {id} = findImage(engine, value);
		return summary => summary.imageId === id || summary.image === value;
	} catch (error) {
		if (!isEngineError(error, 'image.not-found')) throw error;
		return summary => summary.image === value;
	}
}

function byPort(key: string, value: string, numberOf: (port: ContainerSummary['ports'][number]) => number | undefined): Test {
	const [, first = '', last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(value) ?? [];
	if (first === '') throw refuse(key, `error while looking up for ${key} ${value}: strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`);
	return ({ports}) =>
		ports.some(port => {
			const number = numberOf(port);
			return number !== undefined && port.protocol === protocol && number >= Number(first) && number <= Number(last);
		});
}
