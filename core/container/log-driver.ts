import type {LogForward, LogPlan} from '../monitor/plan.ts';
import {EngineError} from '../errors/error.ts';
import type {ContainerConfig} from './config.ts';
import {checkJournald, checkSyslog, planJournald, planSyslog} from './log-forward.ts';
import type {ContainerRecord} from './record.ts';

type Options = Readonly<Record<string, string>>;

type Driver = {
	readonly options: readonly string[];
	/** What holds where the user says nothing. */
	readonly limits: {readonly maxSize: number; readonly maxFiles: number; readonly compress: boolean};
	readonly unknown: (key: string) => string;
	/** Refuses what this host cannot do. */
	readonly check?: (options: Options) => void;
	/** Lines go elsewhere as well: the log is what `logs` reads, as Docker's cache is. */
	readonly forward?: (record: ContainerRecord, tag: string, found: Options) => LogForward;
};

const MIB = 1024 * 1024;
const attributes = ['labels', 'labels-regex', 'env', 'env-regex', 'tag'];
const cache = ['cache-disabled', 'cache-max-size', 'cache-max-file', 'cache-compress'];
const bounded = {maxSize: 20 * MIB, maxFiles: 5, compress: true};
const files = ['max-size', 'max-file', 'compress'];

/** All write the same lines; all but json-file are bounded where the user sets no bound. */
const drivers: Readonly<Record<string, Driver>> = {
	'json-file': {
		options: [...files, ...attributes],
		limits: {maxSize: 0, maxFiles: 1, compress: false},
		unknown: key => `unknown log opt '${key}' for json-file log driver`,
	},
	local: {
		options: [...files, ...attributes],
		limits: bounded,
		unknown: key => `unknown log opt '${key}' for log driver local`,
	},
	journald: {
		options: [...attributes, ...cache],
		limits: bounded,
		unknown: key => `unknown log opt '${key}' for journald log driver`,
		check: checkJournald,
		forward: planJournald,
	},
	syslog: {
		options: [...attributes, ...cache, 'syslog-address', 'syslog-facility', 'syslog-format'],
		limits: bounded,
		unknown: key => `unknown log opt '${key}' for syslog log driver`,
		check: checkSyslog,
		forward: planSyslog,
	},
};

/** Known to every driver. Writing to the log never holds a program up, so `mode` says what is true anyway. */
const common = ['mode', 'max-buffer-size'];

const invalid = (subject: string, message: string, hint?: string): EngineError => new EngineError({code: 'container.invalid', subject, message, hint});

export function checkLogDriver(name: string, options: Options): void {
	if (name === 'none') return;
	checkMode(options);
	const driver = Object.hasOwn(drivers, name) ? drivers[name] : undefined;
	if (driver === undefined) throw invalid(name, `error looking up logging plugin ${name}: plugin "${name}" not found`, `${Object.keys(drivers).join(', ')} and none are there.`);
	for (const key of Object.keys(options)) if (!driver.options.includes(key) && !common.includes(key)) throw invalid(key, driver.unknown(key));
	driver.check?.(options);
	logLimits(name, options);
	for (const key of ['labels-regex', 'env-regex']) pattern(options[key]);
	if (options['tag'] !== undefined) expandTag(options['tag'], name => (tagNames.includes(name) ? '' : undefined));
}

function checkMode({mode = '', 'max-buffer-size': size}: Options): void {
	if (!['', 'blocking', 'non-blocking'].includes(mode)) throw invalid(mode, `logger: logging mode not supported: ${mode}`);
	if (size === undefined) return;
	if (mode !== 'non-blocking') throw invalid(size, "logger: max-buffer-size option is only supported with 'mode=non-blocking'");
	parseSize(size, 1024, `error parsing option max-buffer-size: invalid size: '${size}'`);
}

const powers: Readonly<Record<string, number>> = {'': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5};

function parseSize(text: string, base: 1000 | 1024, message: string): number {
	const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?(?:(b|[kmgtp])(?:(?<=[kmgtp])(?:i?b))?)?$/i.exec(text) ?? [];
	if (number === '') throw invalid(text, message);
	return Math.floor(Number(number) * base ** (powers[unit.toLowerCase()] ?? 0));
}

function parseBoolean(text: string): boolean {
	if (/^(1|t|true)$/i.test(text)) return true;
	if (/^(0|f|false)$/i.test(text)) return false;
	throw invalid(text, `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** `maxSize` 0: no bound. Thousands, not 1024, as Docker counts here. */
export function logLimits(name: string, options: Options): Driver['limits'] {
	const {limits} = drivers[name] ?? {limits: {maxSize: 0, maxFiles: 1, compress: false}};
	const of = (key: string): string | undefined => options[key] ?? options[`cache-${key}`];
	const [size, count, compressed] = [of('max-size'), of('max-file'), of('compress')];
	const maxSize = size === undefined || size === '-1' ? limits.maxSize : parseSize(size, 1000, `invalid value for max-size: ${size}: invalid size: '${size}'`);
	if (size !== undefined && size !== '-1' && maxSize === 0) throw invalid(size, 'max-size must be a positive number');
	if (count !== undefined && !/^[1-9]\d{0,4}$/.test(count)) throw invalid(count, 'max-file cannot be less than 1');
	const maxFiles = count === undefined ? limits.maxFiles : Number(count);
	const compress = compressed === undefined ? limits.compress : parseBoolean(compressed);
	if (compress && (maxFiles === 1 || maxSize === 0)) throw invalid('compress', 'compress cannot be true when max-file is less than 2 or max-size is not set');
	return {maxSize, maxFiles, compress};
}

function pattern(text: string | undefined): RegExp | undefined {
	if (text === undefined || text === '') return undefined;
	try {
		return new RegExp(text);
	} catch (cause) {
		throw new EngineError({code: 'container.invalid', subject: text, message: `error parsing regexp: ${JSON.stringify(text)}`, cause});
	}
}

/** The template of a tag, as far as scripts use it: names of what there is to know of a container. */
function expandTag(template: string, value: (name: string) => string | undefined): string {
	return template.replace(/\{\{\s*([^}]*?)\s*\}\}/g, (whole, expression: string) => {
		const known = value(expression);
		if (known === undefined) throw invalid(template, `the tag ${JSON.stringify(template)} holds ${whole}, which is not known`, `${tagNames.join(' ')} are.`);
		return known;
	});
}

const tagNames = ['.ID', '.FullID', '.Name', '.Command', '.ImageID', '.ImageFullID', '.ImageName', '.DaemonName'];

function tagOf({id, name, image, imageId, config}: ContainerRecord, otherwise = ''): string {
	const values: Readonly<Record<string, string>> = {
		'.ID': id.slice(0, 12),
		'.FullID': id,
		'.Name': name,
		'.Command': [...config.entrypoint, ...config.command].join(' '),
		'.ImageID': imageId.replace('sha256:', '').slice(0, 12),
		'.ImageFullID': imageId,
		'.ImageName': image,
		'.DaemonName': 'docker',
	};
	return expandTag(config.logOptions['tag'] ?? otherwise, key => values[key]);
}

/** What stands beside each line: the labels and variables that were asked for, and the tag. */
function attributesOf(record: ContainerRecord): Record<string, string> {
	const {logOptions, labels, env} = record.config;
	const variables = Object.fromEntries(env.map(variable => [variable.slice(0, variable.indexOf('=')), variable.slice(variable.indexOf('=') + 1)]));
	const pick = (from: Options, names: string | undefined, regex: RegExp | undefined): Array<[string, string]> =>
		Object.entries(from).filter(([key]) => names?.split(',').includes(key) === true || regex?.test(key) === true);
	const tag = tagOf(record);
	const found = [
		...pick(labels, logOptions['labels'], pattern(logOptions['labels-regex'])),
		...pick(variables, logOptions['env'], pattern(logOptions['env-regex'])),
		...(tag === '' ? [] : [['tag', tag] as [string, string]]),
	];
	return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** undefined: there is no log. `compressor`: the filter for rotated files. */
export function planLog(record: ContainerRecord, path: string, compressor: readonly string[]): LogPlan | undefined {
	const {logDriver, logOptions}: Pick<ContainerConfig, 'logDriver' | 'logOptions'> = record.config;
	if (logDriver === 'none') return undefined;
	const {maxSize, maxFiles, compress} = logLimits(logDriver, logOptions);
	const found = attributesOf(record);
	const forward = drivers[logDriver]?.forward?.(record, tagOf(record, '{{.ID}}'), found);
	return {path, maxSize, maxFiles, ...(compress && {compress: compressor}), ...(Object.keys(found).length > 0 && {attributes: found}), ...(forward && {forward})};
}
