/**
 * The address of a file of the repository at a revision, or undefined where `repository` of package.json is not known
 * or not on GitHub, whose addresses of files these are.
 */
export function addressOf(path, revision, { repository }) {
  const url = typeof repository === 'string' ? repository : (repository?.url ?? '');
  const name = OWNER_AND_NAME.exec(url)?.[1];
  return name && `https://github.com/${name}/blob/${revision}/${path}`;
}

const OWNER_AND_NAME =
  /^(?:github:|(?:git\+)?(?:https|ssh):\/\/(?:git@)?github\.com\/)?([\w-]+\/[\w.-]+?)(?:\.git)?$/;
