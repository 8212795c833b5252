import {existsSync} from 'node:fs';
import type {LogForward} from '../monitor/plan.ts';
import {EngineError} from '../errors/error.ts';
import type {ContainerRecord} from './record.ts';

type Options = Readonly<Record<string, string>>;

const invalid = (subject: string, message: string, hint?: string): EngineError => new EngineError({code: 'container.invalid', subject, message, hint});

const JOURNAL = '/run/systemd/journal/socket';
const SYSLOGS = ['/dev/log', '/var/run/syslog', '/var/run/log'];

export function checkJournald(): void {
	if (!existsSync(JOURNAL)) throw invalid('journald', 'failed to initialize logging driver: journald is not enabled on this host');
}

export function checkSyslog(options: Options): void {
	syslogAddress(options);
	facilityOf(options);
	if (!Object.hasOwn(formats, options['syslog-format'] ?? '')) throw invalid(options['syslog-format'] ?? '', 'Invalid syslog format');
}

/** The path of a socket, or `udp:ADDRESS:PORT`. */
function syslogAddress({'syslog-address': address = ''}: Options): string {
	const local = SYSLOGS.find(path => existsSync(path));
	if (address === '') {
		if (local === undefined) throw invalid('syslog', 'failed to initialize logging driver: Unix syslog delivery error', 'There is no syslog daemon on this host: name one with --log-opt syslog-address.');
		return local;
	}
	const [, kind, path] = /^(unix|unixgram):\/\/(\/.+)$/.exec(address) ?? [];
	if (kind !== undefined && path !== undefined) {
		if (!existsSync(path)) throw invalid(address, `failed to initialize logging driver: stat ${path}: no such file or directory`);
		return path;
	}
	const [, host = '', port = '514'] = /^udp:\/\/([\d.]+|\[[\da-fA-F:]+\]|localhost)(?::(\d{1,5}))?$/.exec(address) ?? [];
	if (host === '') throw invalid(address, `the syslog address ${address} is not one that is known here`, 'unix:///PATH, unixgram:///PATH and udp://ADDRESS[:PORT] are.');
	return `udp:${host === 'localhost' ? '127.0.0.1' : host}:${port}`;
}

const facilities = ['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'];

function facilityOf({'syslog-facility': name = 'daemon'}: Options): number {
	const local = /^local([0-7])$/.exec(name)?.[1];
	const number = local === undefined ? (/^\d+$/.test(name) ? Number(name) : facilities.indexOf(name)) : 16 + Number(local);
	if (number < 0 || number > 23) throw invalid(name, 'invalid syslog facility');
	return number;
}

type Format = {readonly time: NonNullable<LogForward['time']>; readonly head: (from: {priority: number; host: string; tag: string; pid: number}) => string};

const rfc5424: Format['head'] = ({priority, host, tag, pid}) => `<${priority}>1 %T ${host} ${tag} ${pid} ${tag} - `;

const formats: Readonly<Record<string, Format>> = {
	'': {time: 'stamp', head: ({priority, tag, pid}) => `<${priority}>%T ${tag}[${pid}]: `},
	rfc3164: {time: 'stamp', head: ({priority, host, tag, pid}) => `<${priority}>%T ${host} ${tag}[${pid}]: `},
	rfc5424: {time: 'rfc3339', head: rfc5424},
	rfc5424micro: {time: 'micro', head: rfc5424},
};

const [ERROR, INFO] = [3, 6];

export function planSyslog({config: {logOptions}}: ContainerRecord, tag: string): LogForward {
	const {time, head} = formats[logOptions['syslog-format'] ?? ''] ?? {time: 'stamp', head: rfc5424};
	const host = process.getBuiltinModule('node:os').hostname();
	const [out = '', err = ''] = [INFO, ERROR].map(severity => head({priority: facilityOf(logOptions) * 8 + severity, host, tag: tag.replaceAll(/[\s%]/g, '_'), pid: process.pid}));
	return {address: syslogAddress(logOptions), time, out, err};
}

/** Docker's fields; the journal wants upper case, and no line break where there is no length. */
export function planJournald({id, name, image}: ContainerRecord, tag: string, attributes: Options): LogForward {
	const fields: Options = {
		CONTAINER_ID: id.slice(0, 12),
		CONTAINER_ID_FULL: id,
		CONTAINER_NAME: name,
		CONTAINER_TAG: tag,
		IMAGE_NAME: image,
		SYSLOG_IDENTIFIER: tag,
		...Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_').replace(/^_+/, ''), value])),
	};
	return {
		address: JOURNAL,
		fields: Object.entries(fields)
			.filter(([key]) => key !== '')
			.map(([key, value]) => `${key}=${value.replaceAll('\n', ' ')}`),
	};
}
