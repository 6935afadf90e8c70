using System.Diagnostics;
using System.Security.Cryptography;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Kit;

/// <summary>
/// A Debian system with process, mount and network namespaces of its own: what a new server is, short of an init.
/// Its packages were put there by the kit itself (<c>install.sh packages</c>), once for each state of that script.
/// </summary>
internal sealed class DebianTree : IAsyncDisposable
{
    private static readonly string[] s_needed = ["debootstrap", "unshare", "nsenter", "socat", "ip", "nft", "ssh"];
    private static readonly Lazy<Task<string>> s_packed = new(PackAsync);
    private static readonly Lazy<Task<string>> s_plain = new(PackPlainAsync);

    private readonly List<Process> _started = [];
    private readonly string _root;
    private int _init;

    private DebianTree(string root) => _root = root;

    /// <summary>Why it cannot be had here; null: it can.</summary>
    public static string? Missing { get; } = Environment.UserName != "root"
        ? "A Debian system of its own takes root."
        : s_needed.FirstOrDefault(name => !Found(name)) is { } name ? $"{name} is not installed: run scripts/setup." : null;

    public string PathOf(string path) => Path.Combine(_root, path.TrimStart('/'));

    public static async Task<DebianTree> StartAsync() => await StartAsync(await s_packed.Value);

    /// <summary>A server as somebody has one: SSH and a web server of their own, nothing of ours.</summary>
    public static async Task<DebianTree> StartPlainAsync() => await StartAsync(await s_plain.Value);

    private static async Task<DebianTree> StartAsync(string packed)
    {
        var tree = new DebianTree(Directory.CreateTempSubdirectory("spoq-debian-").FullName);
        await Shell.CheckAsync($"tar -xf '{packed}' -C '{tree._root}' && chmod 0755 '{tree._root}'");

        // Ends with us however we end: then nobody holds the other end of its input, and the namespace goes with its first process.
        const string Init = """
            mount --make-rprivate /
            mount -t proc proc "$TREE/proc"
            mount -t tmpfs -o mode=755 run "$TREE/run"
            mount --rbind /dev "$TREE/dev"
            mkdir -p "$TREE/run/host"
            mount --bind "$HOST" "$TREE/run/host"
            ip link set lo up
            : >"$HOST/up"
            exec chroot "$TREE" cat
            """;
        Directory.CreateDirectory(tree.Sockets);
        var watch = tree.Start("unshare", ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child=KILL", "bash", "-ec", Init], ("TREE", tree._root), ("HOST", tree.Sockets));
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(tree.Sockets, "up")) || watch.HasExited, "the namespaces");
        tree._init = int.Parse((await File.ReadAllTextAsync($"/proc/{watch.Id}/task/{watch.Id}/children")).Trim(), System.Globalization.CultureInfo.InvariantCulture);
        return tree;
    }

    /// <summary>Runs a line of bash inside, as root unless another user is named.</summary>
    public Task<Said> RunAsync(string script, string user = "root", params (string Name, string Value)[] variables) =>
        Shell.RunAsync("nsenter", [.. Enter, .. user == "root" ? [] : (string[])["runuser", "-u", user, "--"], "bash", "-c", script], variables);

    /// <summary>Starts what a unit would start; it ends with the system.</summary>
    public Process Serve(string script, string user = "root") =>
        Start("nsenter", [.. Enter, .. user == "root" ? [] : (string[])["setpriv", "--reuid", user, "--regid", "spoq", "--init-groups", "--no-new-privs"], "bash", "-c", $"exec {script}"]);

    /// <summary>Answers at a port of all its addresses, for tests of who gets that far.</summary>
    public void Listen(int port) => Start("nsenter", ["--target", $"{_init}", "--net", "socat", $"TCP-LISTEN:{port},fork,reuseaddr", "PIPE"]);

    /// <summary>The given port of this machine's loopback, inside; the same number on both sides.</summary>
    public async Task BringInAsync(int port)
    {
        var socket = Path.Combine(Sockets, $"{port}.sock");
        Start("socat", [$"UNIX-LISTEN:{socket},fork", $"TCP:127.0.0.1:{port}"]);
        await Eventually.TrueAsync(() => File.Exists(socket), $"the way in to port {port}");
        Start("nsenter", ["--target", $"{_init}", "--net", "socat", $"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr", $"UNIX-CONNECT:{socket}"]);
        Start("nsenter", ["--target", $"{_init}", "--net", "socat", $"TCP6-LISTEN:{port},bind=[::1],fork,reuseaddr", $"UNIX-CONNECT:{socket}"]);
        await Eventually.TrueAsync(async () => (await RunAsync($"exec 5<>/dev/tcp/127.0.0.1/{port}")).Code == 0, $"port {port} inside");
    }

    /// <summary>A port of its loopback, outside; the other way round.</summary>
    public Task<int> BringOutAsync(int port) => BringOutAsync(port, Loopback.FreePort());

    public async Task<int> BringOutAsync(int port, int outside)
    {
        var socket = Path.Combine(Sockets, $"out-{port}.sock");
        Start("nsenter", ["--target", $"{_init}", "--net", "socat", $"UNIX-LISTEN:{socket},fork", $"TCP:127.0.0.1:{port}"]);
        await Eventually.TrueAsync(() => File.Exists(socket), $"the way out of port {port}");
        Start("socat", [$"TCP-LISTEN:{outside},bind=127.0.0.1,fork,reuseaddr", $"UNIX-CONNECT:{socket}"]);
        return outside;
    }

    /// <summary>What an SSH client puts before its name to come in from outside.</summary>
    public string ProxyCommand(int port) => $"nsenter --target {_init} --net socat - TCP:127.0.0.1:{port}";

    public int Init => _init;

    private string Sockets => _root + ".host";

    private string[] Enter => ["--target", $"{_init}", "--mount", "--pid", "--net", "--uts", "--ipc", "--root", "--wdns=/"];

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_started))
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(Sockets, recursive: true);

        // Names of files inside need not be text.
        await Shell.CheckAsync($"rm -rf --one-file-system '{_root}'");
    }

    private Process Start(string program, IEnumerable<string> arguments, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        _started.Add(process);
        return process;
    }

    /// <summary>Kept between runs, for this state of the kit.</summary>
    private static async Task<string> PackAsync()
    {
        var kit = Path.Combine(Repository.Root, "deploy", "instance");
        var files = Directory.GetFiles(kit, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
        var state = Convert.ToHexStringLower(SHA256.HashData([.. files.SelectMany(File.ReadAllBytes)]))[..16];
        var cache = Cache();
        var packed = Path.Combine(cache, $"debian-{state}.tar");
        if (File.Exists(packed))
        {
            return packed;
        }

        await Shell.CheckAsync($"""
            tree=$(mktemp -d) && chmod 0755 "$tree" && trap 'umount "$tree/proc" 2>/dev/null || true; rm -rf "$tree"' EXIT
            {Base(cache)}
            mkdir -p "$tree/opt" && cp -r '{kit}' "$tree/opt/spoq"
            mount -t proc proc "$tree/proc"
            chroot "$tree" /opt/spoq/install.sh packages
            umount "$tree/proc"
            rm -rf "$tree/opt/spoq" "$tree"/var/cache/apt/archives/*.deb
            tar -cf '{packed}.new' -C "$tree" .
            find '{cache}' -name 'debian-????????????????.tar' -delete
            mv '{packed}.new' '{packed}'
            """);
        return packed;
    }

    private static async Task<string> PackPlainAsync()
    {
        var cache = Cache();
        var packed = Path.Combine(cache, "debian-plain.tar");
        if (!File.Exists(packed))
        {
            await Shell.CheckAsync($"""
                tree=$(mktemp -d) && chmod 0755 "$tree" && trap 'umount "$tree/proc" 2>/dev/null || true; rm -rf "$tree"' EXIT
                {Base(cache)}
                mount -t proc proc "$tree/proc"
                chroot "$tree" sh -c 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install caddy openssh-server openssl sudo'
                umount "$tree/proc"
                rm -rf "$tree"/var/cache/apt/archives/*.deb
                tar -cf '{packed}.new' -C "$tree" .
                mv '{packed}.new' '{packed}'
                """);
        }

        return packed;
    }

    /// <summary>Lines that fill the tree with Debian's smallest system, made once.</summary>
    private static string Base(string cache) => $"""
        [ -e '{cache}/debian-base.tar' ] || (debootstrap --variant=minbase --include=ca-certificates,curl bookworm "$tree" && tar -cf '{cache}/base.new' -C "$tree" . && mv '{cache}/base.new' '{cache}/debian-base.tar' && rm -rf "$tree"/*)
        tar -xf '{cache}/debian-base.tar' -C "$tree"
        """;

    private static string Cache() => Directory.CreateDirectory(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "spoq")).FullName;

    private static bool Found(string name) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));
}
