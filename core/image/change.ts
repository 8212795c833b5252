import {EngineError} from '../errors/error.ts';
import type {Healthcheck, RunConfig} from '../oci/config.ts';

/** Changes an image's config as an instruction of a Dockerfile does: what `commit --change` and `import --change` take. */
export function applyChanges(config: RunConfig, changes: readonly string[]): RunConfig {
	let changed = config;
	for (const change of changes) {
		const [, word = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(change) ?? [];
		if (word === '' || word.startsWith('#')) continue;
		const apply = instructions[word.toUpperCase()];
		if (apply === undefined) throw invalid(change, `${word.toUpperCase()} is not a valid change command`);
		if (rest === '') throw invalid(change, `${word.toUpperCase()} requires at least one argument`);
		changed = {...changed, ...apply(rest, changed, change)};
	}
	return changed;
}

const invalid = (change: string, message: string): EngineError => new EngineError({code: 'image.bad-change', subject: change, message});

type Instruction = (rest: string, config: RunConfig, change: string) => RunConfig;

const instructions: Readonly<Record<string, Instruction>> = {
	CMD: (rest, config) => ({Cmd: commandOf(rest, config)}),
	ENTRYPOINT: (rest, config) => ({Entrypoint: commandOf(rest, config), Cmd: []}),
	ENV: (rest, {Env = []}, change) => ({Env: pairsOf(rest, change).reduce((list, [key, value]) => replaced(list, `${key}=`, `${key}=${value}`), Env)}),
	EXPOSE: (rest, {ExposedPorts = {}}, change) => ({
		ExposedPorts: {
			...ExposedPorts,
			...Object.fromEntries(
				wordsOf(rest)
					.flatMap(word => portsOf(word, change))
					.map(port => [port, {}]),
			),
		},
	}),
	HEALTHCHECK: (rest, config, change) => ({Healthcheck: healthcheckOf(rest, change)}),
	LABEL: (rest, {Labels = {}}, change) => ({Labels: {...Labels, ...Object.fromEntries(pairsOf(rest, change))}}),
	ONBUILD: (rest, {OnBuild = []}, change) => {
		if (/^(onbuild|from|maintainer)\b/i.test(rest)) throw invalid(change, `${rest.split(' ', 1)[0]?.toUpperCase()} isn't allowed as an ONBUILD trigger`);
		return {OnBuild: [...OnBuild, rest]};
	},
	STOPSIGNAL: rest => ({StopSignal: unquote(rest)}),
	USER: rest => ({User: unquote(rest)}),
	VOLUME: (rest, {Volumes = {}}) => ({Volumes: {...Volumes, ...Object.fromEntries((jsonWords(rest) ?? wordsOf(rest)).map(path => [path, {}]))}}),
	WORKDIR: (rest, {WorkingDir = '/'}) => ({WorkingDir: joined(WorkingDir, unquote(rest))}),
};

function jsonWords(text: string): string[] | undefined {
	if (!text.startsWith('[')) return undefined;
	try {
		const list: unknown = JSON.parse(text);
		return Array.isArray(list) && list.every(word => typeof word === 'string') ? list : undefined;
	} catch {
		return undefined;
	}
}

const shellOf = ({Shell}: RunConfig): readonly string[] => (Shell === undefined || Shell.length === 0 ? ['/bin/sh', '-c'] : Shell);

/** A JSON array is run as it is, anything else by the shell. */
const commandOf = (text: string, config: RunConfig): readonly string[] => jsonWords(text) ?? [...shellOf(config), text];

/** Words apart by spaces; quotes and backslashes keep them together. */
const wordsOf = (text: string): string[] => [...text.matchAll(/(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"|'[^']*'|[^\s\\"'])+/g)].map(([word]) => unquote(word));

const unquote = (word: string): string =>
	word.replaceAll(
		/\\([\s\S])|"((?:\\[\s\S]|[^"\\])*)"|'([^']*)'/g,
		(_, escaped?: string, double?: string, single?: string) => escaped ?? double?.replaceAll(/\\(["\\$])/g, '$1') ?? single ?? '',
	);

/** `KEY=VALUE …`, or the old form `KEY the rest`. */
function pairsOf(text: string, change: string): Array<[string, string]> {
	const [, key = '', rest] = /^(\S+)\s+([\s\S]*)$/.exec(text) ?? [];
	if (!/^[^\s"'=]+=/.test(text)) {
		if (rest === undefined) throw invalid(change, `Syntax error - can't find = in ${JSON.stringify(text)}. Must be of the form: name=value`);
		return [[key, unquote(rest)]];
	}
	return wordsOf(text).map(word => {
		const equals = word.indexOf('=');
		if (equals < 1) throw invalid(change, `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
		return [word.slice(0, equals), word.slice(equals + 1)];
	});
}

const replaced = (list: readonly string[], beginning: string, item: string): string[] => {
	const at = list.findIndex(one => one.startsWith(beginning));
	return at < 0 ? [...list, item] : list.with(at, item);
};

/** `80`, `80/udp`, `8000-8002`. */
function portsOf(word: string, change: string): string[] {
	const [, first = '', last = first, protocol = 'tcp'] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word) ?? [];
	if (first === '' || Number(last) > 65_535 || Number(last) < Number(first)) throw invalid(change, `invalid containerPort: ${word}`);
	return Array.from({length: Number(last) - Number(first) + 1}, (_, index) => `${Number(first) + index}/${protocol.toLowerCase()}`);
}

const joined = (base: string, path: string): string => {
	const parts: string[] = [];
	for (const part of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
		if (part === '..') parts.pop();
		else if (part !== '' && part !== '.') parts.push(part);
	}
	return `/${parts.join('/')}`;
};

const units: Readonly<Record<string, number>> = {ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12};
const durations: Readonly<Record<string, 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval'>> = {
	interval: 'Interval',
	timeout: 'Timeout',
	'start-period': 'StartPeriod',
	'start-interval': 'StartInterval',
};

function nanosecondsOf(text: string, change: string): number {
	if (!/^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(text)) throw invalid(change, `time: invalid duration ${JSON.stringify(text)}`);
	return [...text.matchAll(/([\d.]+)(ns|us|ms|s|m|h)/g)].reduce((sum, [, number, unit = 's']) => sum + Number(number) * (units[unit] ?? 0), 0);
}

function healthcheckOf(rest: string, change: string): Healthcheck {
	let [text, check]: [string, Healthcheck] = [rest, {}];
	for (let option; (option = /^--([a-z-]+)=(\S+)\s+/.exec(text)); text = text.slice(option[0].length)) {
		const [, name = '', value = ''] = option;
		const duration = durations[name];
		if (duration !== undefined) check = {...check, [duration]: nanosecondsOf(value, change)};
		else if (name === 'retries' && /^\d+$/.test(value)) check = {...check, Retries: Number(value)};
		else throw invalid(change, `unknown flag: --${name}`);
	}
	if (/^none$/i.test(text)) return {Test: ['NONE']};
	const [, command] = /^cmd\s+([\s\S]+)$/i.exec(text) ?? [];
	if (command === undefined) throw invalid(change, `Unknown type ${JSON.stringify(text.split(' ', 1)[0]?.toUpperCase())} in HEALTHCHECK (try CMD)`);
	const words = jsonWords(command);
	return {...check, Test: words === undefined ? ['CMD-SHELL', command] : ['CMD', ...words]};
}
