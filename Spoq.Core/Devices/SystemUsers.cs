using System.Collections.Frozen;

namespace Spoq.Core.Devices;

/// <summary>
/// Names that belong to the machine: users and groups of a Debian server (a new user brings a group of the same name),
/// those of packages that are often added, of cloud images, and our own.
/// </summary>
internal static class SystemUsers
{
    private static readonly FrozenSet<string> s_names = string.Join(' ',
        "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody nogroup",
        "adm tty disk kmem dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users input sgx kvm render crontab netdev bluetooth",
        "_apt messagebus sshd _ssh ssh polkitd uuidd tcpdump _chrony _rpc statd tss avahi rtkit landscape pollinate syslog fwupd-refresh usbmux dnsmasq lxd libvirt libvirt-qemu",
        "postfix postdrop exim debian-exim dovecot dovenull vmail opendkim mysql mariadb postgres redis memcache mongodb rabbitmq elasticsearch",
        "nginx apache apache2 httpd caddy traefik haproxy squid varnish bind named unbound ntp ntpsec chrony ftp sftp git gitea gitlab jenkins docker podman containerd kube etcd prometheus grafana telegraf influxdb node",
        "clamav fail2ban crowdsec tor wireguard openvpn tailscale cloudflared halt shutdown reboot wheel admin administrator sysadmin toor guest test anonymous default",
        "debian ubuntu ec2-user centos fedora rocky almalinux alpine arch cloud-user opc vagrant packer ansible puppet",
        "spoq conductor spoqd spoq-agent spoq-conductor agent support")
        .Split(' ').ToFrozenSet(StringComparer.Ordinal);

    public static bool Contains(string name) => s_names.Contains(name) || name.StartsWith("systemd", StringComparison.Ordinal);
}
