import {EngineError} from '../errors/error.ts';
import {parseStrictJson} from '../oci/json.ts';
import {asObject, asString, below, placeOf} from '../oci/shape.ts';
import {runProgram} from '../platform/run.ts';
import {configFile} from './config-file.ts';
import type {Credentials} from './credentials.ts';

/** What a helper's program says when it simply has none. */
const hasNone = /credentials not found/i;
const tokenUser = '<token>';

/** The protocol of `docker-credential-*`: a verb as argument, JSON on stdin and stdout. A helper that fails stops whatever was asked for. */
export async function getFromHelper(helper: string, server: string): Promise<Credentials | undefined> {
	const output = await ask(helper, 'get', server, server);
	if (output === undefined) return undefined;
	const place = placeOf(programOf(helper));
	const answer = asObject(parseStrictJson(Buffer.from(output), place.subject), place);
	const user = asString(answer['Username'], below(place, 'Username'));
	const secret = asString(answer['Secret'], below(place, 'Secret'), 65_536);
	if (user === '' && secret === '') return undefined;
	return user === tokenUser ? {kind: 'identity-token', token: secret} : {kind: 'password', user, password: secret};
}

export async function storeInHelper(helper: string, server: string, credentials: Credentials): Promise<void> {
	const [Username, Secret] = credentials.kind === 'identity-token' ? [tokenUser, credentials.token] : [credentials.user, credentials.password];
	await ask(helper, 'store', JSON.stringify({ServerURL: server, Username, Secret}), server);
}

export const eraseFromHelper = (helper: string, server: string): Promise<unknown> => ask(helper, 'erase', server, server);

const programOf = (helper: string): string => `docker-credential-${helper}`;

/** undefined when it has nothing under that name. */
async function ask(helper: string, verb: string, input: string, server: string): Promise<string | undefined> {
	const program = programOf(helper);
	const failed = (reason: string, cause?: unknown) =>
		new EngineError({
			code: 'registry.credential-helper',
			subject: server,
			message: `the credential helper ${program} failed for ${server}: ${reason}`,
			hint: `Repair it, or take it out of ${configFile()}.`,
			cause,
		});
	if (!/^[\w.-]+$/.test(helper)) throw failed('its name is not a program name');
	// A keychain's helper needs the user's session; nothing of ours is in there.
	const {PATH = '/usr/bin:/bin', HOME = '/', DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR, DISPLAY, GNUPGHOME, PASSWORD_STORE_DIR} = process.env;
	const env = Object.fromEntries(
		Object.entries({PATH, HOME, DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR, DISPLAY, GNUPGHOME, PASSWORD_STORE_DIR}).filter(([, value]) => value !== undefined),
	);
	const result = await runProgram(program, [verb], {input, env: env as Record<string, string>}).catch((error: Error) => Promise.reject(failed(error.message, error)));
	if (result.code === 0) return result.stdout;
	if (hasNone.test(result.stdout)) return undefined;
	// What it printed may hold a secret: only its code is told.
	throw failed(`it ended with code ${result.code}`);
}
