using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Spoq.Infrastructure.Data;

/// <summary>
/// A PostgreSQL of our own for development and tests, on loopback with a generated password. PostgreSQL refuses to
/// run as root; then it runs as the system's <c>postgres</c> user, in a folder which that user can reach.
/// </summary>
/// <param name="wanted">The folder to use where PostgreSQL's user can reach it.</param>
/// <param name="durable">False trades safety at power failure for speed: tests only.</param>
public sealed class PrivateCluster(string wanted, bool durable = true)
{
    private const string User = "spoq";

    private readonly bool _asRoot = Environment.UserName == "root";

    private string Home => field ??= Reachable(wanted);

    private string DataFolder => Path.Combine(Home, "data");

    private string Log => Path.Combine(Home, "log");

    private string PasswordFile => Path.Combine(Home, "password");

    /// <summary>Starts the cluster if it does not run, makes the database if it is not there, returns how to connect.</summary>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or did not start: the message says what to do.</exception>
    public async Task<string> EnsureStartedAsync(string database, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Home);
        var programs = PostgresPrograms.Find();
        await using (await LockAsync(cancellationToken))
        {
            if (!File.Exists(Path.Combine(DataFolder, "PG_VERSION")))
            {
                await InitAsync(programs, cancellationToken);
            }

            if (!await IsRunningAsync(programs, cancellationToken))
            {
                await StartAsync(programs, cancellationToken);
            }
        }

        var settings = await ConnectionAsync(cancellationToken);
        await EnsureDatabaseAsync(settings, database, cancellationToken);
        settings.Database = database;
        return settings.ConnectionString;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var programs = PostgresPrograms.Find();
        if (await IsRunningAsync(programs, cancellationToken))
        {
            await programs.RunAsync(_asRoot, "pg_ctl", ["-D", DataFolder, "-m", "fast", "-w", "stop"], cancellationToken);
        }
    }

    /// <summary>Made beside its place and moved there when whole: a first start that is stopped halfway leaves nothing half.</summary>
    private async Task InitAsync(PostgresPrograms programs, CancellationToken cancellationToken)
    {
        var draft = DataFolder + ".new";
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }

        await File.WriteAllTextAsync(PasswordFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24)), cancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(PasswordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        if (_asRoot)
        {
            await PostgresPrograms.RunCommandAsync("chown", ["-R", "postgres", Home], cancellationToken);
        }

        await programs.RunAsync(_asRoot, "initdb", ["-D", draft, "-U", User, "--auth=scram-sha-256", $"--pwfile={PasswordFile}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], cancellationToken);
        var settings = new StringBuilder("listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 300\n");
        if (!durable)
        {
            settings.Append("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\nwal_level = minimal\nmax_wal_senders = 0\n");
        }

        await File.AppendAllTextAsync(Path.Combine(draft, "postgresql.conf"), settings.ToString(), cancellationToken);
        Directory.Move(draft, DataFolder);
    }

    private async Task StartAsync(PostgresPrograms programs, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await programs.RunAsync(_asRoot, "pg_ctl", ["-D", DataFolder, "-o", $"-p {FreePort()}", "-l", Log, "-w", "-t", "60", "start"], cancellationToken);
                return;
            }
            catch (InvalidOperationException) when (attempt < 3)
            {
                // Somebody took the port in between: take another.
            }
            catch (InvalidOperationException no)
            {
                throw new InvalidOperationException($"PostgreSQL did not start; the end of {Log} says why.", no);
            }
        }
    }

    private async Task<bool> IsRunningAsync(PostgresPrograms programs, CancellationToken cancellationToken) =>
        await programs.TryRunAsync(_asRoot, "pg_ctl", ["-D", DataFolder, "status"], cancellationToken);

    private async Task<NpgsqlConnectionStringBuilder> ConnectionAsync(CancellationToken cancellationToken)
    {
        // https://www.postgresql.org/docs/15/storage-file-layout.html: line 4 of postmaster.pid is the port.
        var lines = await File.ReadAllLinesAsync(Path.Combine(DataFolder, "postmaster.pid"), cancellationToken);
        return new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = int.Parse(lines[3], CultureInfo.InvariantCulture),
            Username = User,
            Password = await File.ReadAllTextAsync(PasswordFile, cancellationToken),
            Database = "postgres",
        };
    }

    private static async Task EnsureDatabaseAsync(NpgsqlConnectionStringBuilder settings, string database, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(settings);
        await using var exists = source.CreateCommand("select 1 from pg_database where datname = $1");
        exists.Parameters.Add(new() { Value = database });
        if (await exists.ExecuteScalarAsync(cancellationToken) is not null)
        {
            return;
        }

        try
        {
            await using var create = source.CreateCommand($"create database \"{database}\"");
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another process was first.
        }
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(Home, "start.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow < deadline)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
        }
    }

    private string Reachable(string folder)
    {
        if (!_asRoot || OperatingSystem.IsWindows())
        {
            return folder;
        }

        for (var parent = new DirectoryInfo(folder).Parent; parent is not null; parent = parent.Parent)
        {
            if (parent.Exists && !File.GetUnixFileMode(parent.FullName).HasFlag(UnixFileMode.OtherExecute))
            {
                var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16];
                return Path.Combine("/var/tmp", $"spoq-postgres-{name}");
            }
        }

        return folder;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
