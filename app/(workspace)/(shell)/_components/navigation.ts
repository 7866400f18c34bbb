// The places of the app, in the order of the loop.
import {
  BookOpenText,
  Boxes,
  Download,
  Gauge,
  GitCompareArrows,
  House,
  IdCard,
  KeyRound,
  ListChecks,
  ListOrdered,
  type LucideIcon,
  MessagesSquare,
  RefreshCw,
  Scale,
  SearchCheck,
  Settings,
  Users,
} from 'lucide-react';
import { isAtLeast, type ProjectRole } from '../../../../domain/roles.ts';

type PlaceKey =
  | 'overview'
  | 'label'
  | 'review'
  | 'quality'
  | 'prompts'
  | 'rankings'
  | 'pairs'
  | 'rounds'
  | 'judges'
  | 'export'
  | 'members'
  | 'guidelines'
  | 'settings'
  | 'models'
  | 'people'
  | 'apiKeys';

export interface Place {
  key: PlaceKey;
  href: string;
  icon: LucideIcon;
  /** Whose: a role in the open project, or the installation's admins. */
  for: ProjectRole | 'installation';
}

export const places: Place[] = [
  { key: 'overview', href: '/', icon: House, for: 'annotator' },
  { key: 'label', href: '/label', icon: ListOrdered, for: 'annotator' },
  { key: 'review', href: '/review', icon: SearchCheck, for: 'reviewer' },
  { key: 'quality', href: '/quality', icon: Gauge, for: 'reviewer' },
  { key: 'prompts', href: '/prompts', icon: MessagesSquare, for: 'reviewer' },
  { key: 'rankings', href: '/rankings', icon: ListChecks, for: 'reviewer' },
  { key: 'pairs', href: '/pairs', icon: GitCompareArrows, for: 'admin' },
  { key: 'rounds', href: '/rounds', icon: RefreshCw, for: 'admin' },
  { key: 'judges', href: '/judges', icon: Scale, for: 'admin' },
  { key: 'export', href: '/export', icon: Download, for: 'admin' },
  { key: 'members', href: '/members', icon: Users, for: 'admin' },
  { key: 'guidelines', href: '/guidelines', icon: BookOpenText, for: 'admin' },
  { key: 'settings', href: '/settings', icon: Settings, for: 'admin' },
  { key: 'models', href: '/models', icon: Boxes, for: 'installation' },
  { key: 'people', href: '/people', icon: IdCard, for: 'installation' },
  { key: 'apiKeys', href: '/api-keys', icon: KeyRound, for: 'installation' },
];

export function placesFor(person: { isAdmin: boolean; role: ProjectRole }): Place[] {
  return places.filter((place) => (place.for === 'installation' ? person.isAdmin : isAtLeast(person.role, place.for)));
}

export function isHere(pathname: string, href: string): boolean {
  return href === '/' ? pathname === '/' : pathname === href || pathname.startsWith(`${href}/`);
}
