using System.Diagnostics;

namespace Spoq.Infrastructure.Data;

/// <summary>The installed PostgreSQL's own programs.</summary>
internal sealed class PostgresPrograms(string folder)
{
    /// <exception cref="InvalidOperationException">None is installed.</exception>
    public static PostgresPrograms Find()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(name => name, StringComparer.Ordinal).Select(name => Path.Combine(name, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string[] others = ["/opt/homebrew/opt/postgresql@15/bin", "/usr/local/opt/postgresql@15/bin"];
        var found = debian.Concat(path).Concat(others).FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")) && File.Exists(Path.Combine(bin, "pg_ctl")));
        return found is null
            ? throw new InvalidOperationException("PostgreSQL's server programs (initdb, pg_ctl) are not installed: run scripts/setup, or set ConnectionStrings__Spoq to a database.")
            : new PostgresPrograms(found);
    }

    public async Task RunAsync(bool asPostgres, string program, string[] arguments, CancellationToken cancellationToken)
    {
        var (code, output) = await ExecuteAsync(asPostgres, program, arguments, cancellationToken);
        if (code != 0)
        {
            throw new InvalidOperationException($"{program} failed with exit code {code}: {output.Trim()}");
        }
    }

    public async Task<bool> TryRunAsync(bool asPostgres, string program, string[] arguments, CancellationToken cancellationToken) =>
        (await ExecuteAsync(asPostgres, program, arguments, cancellationToken)).Code == 0;

    public static async Task RunCommandAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)) ?? throw new InvalidOperationException($"{program} did not start.");
        await process.WaitForExitAsync(cancellationToken);
    }

    private async Task<(int Code, string Output)> ExecuteAsync(bool asPostgres, string program, string[] arguments, CancellationToken cancellationToken)
    {
        var command = Path.Combine(folder, program);

        // pg_ctl's child keeps the pipes open for ever, so its output goes to the log file and is not read here.
        var reads = program != "pg_ctl";
        var start = asPostgres
            ? new ProcessStartInfo("setpriv", ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--", command, .. arguments])
            : new ProcessStartInfo(command, arguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.WorkingDirectory = "/";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        try
        {
            var output = "";
            if (reads)
            {
                var text = process.StandardOutput.ReadToEndAsync(cancellationToken);
                var errors = process.StandardError.ReadToEndAsync(cancellationToken);
                output = await text + await errors;
            }

            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, output);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
