/** The reader of YAML, in a file of its own: only few starts need it. */
export {parse as parseYaml} from 'yaml';
