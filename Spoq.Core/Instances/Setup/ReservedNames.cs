namespace Spoq.Core.Instances.Setup;

/// <summary>Names that mean something on the internet, to mail, to certificates or to us.</summary>
internal static class ReservedNames
{
    /// <summary>RFC 2142 mailboxes, conventional hosts, our own pages and services, words of trust.</summary>
    private const string Words = """
        abuse access account accounts acme activity address admin administrator administrators admins ads agent agents alert alerts
        analytics anonymous anycast api apis app apple-app-site-association apps archive assets audit auth authenticate authorize
        autoconfig autodiscover backup backups bank banking bastion beta billing blog board bot bots broadcasthost build builds
        calendar callback canary card cards careers cart cdn cert certificate certificates certs chat checkout ci cloud cluster
        cname code community compliance conductor config connect console contact container containers control controlplane core
        corp cpanel credentials cron crypto customer customers daemon dashboard data database demo deploy dev developer developers
        device devices dhcp diagnostics direct discover dkim dmarc dns doc docs domain domains donate download downloads
        edge email embed emulator enterprise error errors event events example exchange export
        faq feedback feed feeds file files finance firewall forum forums ftp ftps
        gateway git github gitlab google grafana graphql group groups guest guests
        health healthcheck help helpdesk home host hosting hostmaster hosts hub
        identity idp image images imap img inbox info ingest ingress internal intranet invite invites invoice invoices ipv4 ipv6 isatap
        jenkins job jobs jwks key keys kubernetes
        lab labs learn legal list lists live load-balancer loadbalancer local localdomain localhost log login logout logs
        mail mailer mailer-daemon mailserver maintenance manage manager marketing master me media members message messages
        metrics mirror mobile model models monitor monitoring mta mta-sts mx my mysql
        name names nameserver netops network news newsletter no-reply nobody noc node nodes noreply notification notifications ntp null
        oauth oauth2 office official oidc ops openid operator order orders origin owner
        page pages panel partner partners passkey passkeys password passwords pay payment payments payroll phone plan plans platform
        policy pop pop3 portal postgres postgresql postmaster preview pricing private privacy prod production profile profiles
        prometheus proxy public purchase push
        queue recover recovery redirect redis refund refunds register registry relay release releases remote report reports reset
        root router rss
        sale sales sandbox script scripts search secure security self server servers service services session sessions settings setup
        sftp shell shop sign-in sign-up signal signin signup site sites smtp smtps sms socket source spf sql ssh sshid ssl sso
        staff stage staging start stat static statistics stats status store stripe subdomain subscribe subscription subscriptions
        sudo superuser support survey svn sync sysadmin sysadministrator system systems
        team teams telnet terminal termius terms test tester testing tests token tokens tls tool tools trust
        undefined unsubscribe update updates upload uploads usage usenet user username users uucp
        vault verify version video vpn vps
        wallet web webdisk webhook webhooks webmail webmaster website whm whois wiki wildcard worker workers wpad www www-data
        xmpp yourname zone
        """;

    /// <summary>Hosts that come in rows: <c>ns1</c>, <c>mx-2</c>, <c>www3</c>.</summary>
    private static readonly HashSet<string> s_numbered =
        ["api", "app", "cdn", "db", "dns", "edge", "ftp", "host", "imap", "mail", "mx", "node", "ns", "pop", "proxy", "relay", "server", "smtp", "vpn", "vps", "web", "worker", "www"];

    public static IReadOnlySet<string> All { get; } = Words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);

    public static bool Contains(string name)
    {
        var stem = name.TrimEnd("0123456789".ToCharArray());
        return All.Contains(name) || (stem.Length < name.Length && s_numbered.Contains(stem.TrimEnd('-')));
    }
}
