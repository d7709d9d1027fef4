/**
 * The address of a file of the repository at a revision; undefined where `repository` of package.json is not there, or
 * not on GitHub: other hosts have other addresses.
 */
export function addressOf(path, revision, { repository }) {
  const url = typeof repository === 'string' ? repository : (repository?.url ?? '');
  const name = OWNER_AND_NAME.exec(url)?.[1];
  return name && `https://github.com/${name}/blob/${revision}/${path}`;
}

/** A page of the root folder with the addresses of files in place of relative links. Blocks of code stay as they are. */
export function withAddresses(page, revision, manifest) {
  return page.replaceAll(BLOCK_OR_LINK, (text, path) => {
    const address = path && addressOf(path, revision, manifest);
    return address ? `](${address})` : text;
  });
}

const OWNER_AND_NAME = /^(?:github:|(?:git\+)?(?:https|ssh):\/\/(?:git@)?github\.com\/)?([\w-]+\/[\w.-]+?)(?:\.git)?$/;

const BLOCK_OR_LINK = /^```[^]*?^```$|\]\((?!\w+:|[#/])([^)\s]+)\)/gm;
