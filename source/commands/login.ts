import {readFileSync} from 'node:fs';
import {hasEnvironmentAuth, isEngineError, login, storedUser} from '../../core/index.ts';
import {UsageError} from '../cli/flags.ts';
import type {FlagValues} from '../cli/flags.ts';
import {isTerminal, printError, printLine} from '../cli/output.ts';
import {askLine, askSecret} from '../cli/prompt.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] [SERVER]',
	description: 'Authenticate to a registry; to Docker Hub when no server is named',
	args: [0, 1],
	flags: [
		{name: 'password', short: 'p', kind: 'string', help: 'Password or access token; others on this machine can read it there'},
		{name: 'password-stdin', kind: 'bool', help: 'Take the password or access token from stdin'},
		{name: 'username', short: 'u', kind: 'string', help: 'Username'},
	],
	async run({flags, args: [server = '']}) {
		checkFlags(flags);
		if (flags.text('password') !== '') printError('WARNING! Using --password via the CLI is insecure. Use --password-stdin.');
		if (hasEnvironmentAuth()) printError('WARNING! DOCKER_AUTH_CONFIG is set and takes precedence.\nUnset DOCKER_AUTH_CONFIG to restore the CLI auth behaviour.');
		const given = {user: flags.text('username'), password: flags.bool('password-stdin') ? readSecret() : flags.text('password')};
		if (given.user === '' && given.password === '' && (await loginAgain(server))) return 0;
		await loginWith(server, await complete(given));
		return 0;
	},
};

const refuse = (message: string): UsageError => new UsageError(message, {exitCode: 1, usage: false});

function checkFlags(flags: FlagValues): void {
	if (flags.bool('password-stdin') && flags.given('password')) throw refuse('conflicting options: cannot specify both --password and --password-stdin');
	if (flags.bool('password-stdin') && !flags.given('username')) throw refuse('the --password-stdin option requires --username to be set');
	for (const name of ['username', 'password']) if (flags.given(name) && flags.text(name) === '') throw refuse(`${name} is empty`);
}

/** Only the end of the line is not part of it. */
function readSecret(): string {
	const secret = readFileSync(0, 'utf8').replace(/\r?\n$|\r$/, '');
	if (secret.trim() === '') throw refuse('password is empty');
	return secret;
}

type Account = {readonly user: string; readonly password: string};

async function loginWith(server: string, account: Account): Promise<void> {
	const {unencryptedIn} = await login(server, account);
	if (unencryptedIn !== undefined)
		printError(
			`\nWARNING! Your credentials are stored unencrypted in '${unencryptedIn}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n`,
		);
	printLine('Login Succeeded');
}

/** With what is stored, where there is something. */
async function loginAgain(server: string): Promise<boolean> {
	const account = await storedUser(server);
	if (!account) return false;
	printError(
		`Authenticating with existing credentials... [Username: ${account.user}]\n\nInfo → To login with a different account, run 'hawser logout' followed by 'hawser login'\n`,
	);
	try {
		await loginWith(server, account);
		return true;
	} catch (error) {
		if (!isEngineError(error, 'registry.denied')) throw error;
		printError(`Login did not succeed, error: ${error.message}`);
		return false;
	}
}

/** Asks for what is missing. */
async function complete({user, password}: Account): Promise<Account> {
	if ((user === '' || password === '') && !isTerminal(0)) throw refuse('Error: Cannot perform an interactive login from a non TTY device');
	const name = user === '' ? ((await askLine('Username: ')) ?? '').trim() : user;
	if (name === '') throw refuse('Error: username is required');
	const secret = password === '' ? ((await askSecret('Password: ')) ?? '') : password;
	if (secret === '') throw refuse('Error: password is required');
	return {user: name, password: secret};
}
