using Microsoft.Playwright;
using Npgsql;
using Spoq.Tests.Emulators.SshId;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;
using Keygen = Spoq.Tests.Devices.SshKeygen;

namespace Spoq.Tests.Stories;

/// <summary>A device that comes in by its ssh.id code, and what must never come in at all.</summary>
public sealed class HandleStory : IAsyncLifetime
{
    private SshIdEmulator _sshId = null!;
    private SpoqServer _server = null!;

    public async Task InitializeAsync()
    {
        _sshId = await SshIdEmulator.StartAsync();
        _server = await SpoqServer.NewAsync(new Dictionary<string, string> { ["SshId__BaseUrl"] = _sshId.BaseUrl.ToString() });
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _sshId.DisposeAsync();
    }

    [Fact]
    public async Task The_keys_of_a_code_are_shown_confirmed_and_named()
    {
        string[] keys = [Keygen.New("-t", "ed25519").Public, Keygen.New("-t", "ecdsa").Public];
        _sshId.Handles["alice"] = keys;
        var errors = new List<string>();
        var customer = await AtDevicesAsync(errors);
        var page = customer.Page;

        await LookUpAsync(page, "@alice");
        await Expect(customer.Heading("Are these yours?")).ToBeVisibleAsync();
        foreach (var key in keys)
        {
            await Expect(page.GetByText(Keygen.Fingerprint(key), new() { Exact = true })).ToBeVisibleAsync();
        }

        Assert.Equal(0, await CountAsync("select count(*) from devices"));
        await customer.PressAsync("Yes, these are mine");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Device name" }).FillAsync("Alice's phone");
        await customer.PressAsync("Save name");

        await Expect(page.GetByLabel("Your devices").GetByText("Alice's phone")).ToBeVisibleAsync();
        await Expect(page.GetByText("ssh.id @alice, 2 keys")).ToBeVisibleAsync();
        await customer.ContinueAsync();
        await customer.HeadingAsync("Choose plan and region");
        Assert.Empty(errors);
    }

    [Fact]
    public async Task A_typo_and_an_outage_are_told_apart_and_neither_adds_anything()
    {
        var customer = await AtDevicesAsync([]);

        await LookUpAsync(customer.Page, "@nobody");
        await Expect(customer.Page.GetByText("There is nobody called @nobody on ssh.id")).ToBeVisibleAsync();
        await LookUpAsync(customer.Page, "@broken");
        await Expect(customer.Page.GetByText("ssh.id does not answer properly right now")).ToBeVisibleAsync();
        await Expect(customer.Page.GetByText("There is nobody called")).ToHaveCountAsync(0);

        Assert.Equal(0, await CountAsync("select count(*) from devices"));
    }

    [Fact]
    public async Task A_private_key_is_refused_with_a_warning_and_kept_nowhere()
    {
        var customer = await AtDevicesAsync([]);
        var secret = Keygen.New("-t", "ed25519").Private;
        var box = customer.Page.GetByRole(AriaRole.Textbox, new() { Name = "Public key" });

        await customer.Page.GetByRole(AriaRole.Tab, new() { Name = "Paste a key" }).ClickAsync();
        await box.FillAsync(secret);
        await customer.PressAsync("Add device");
        await Expect(customer.Page.GetByText("treat it as exposed")).ToBeVisibleAsync();
        await Expect(box).ToHaveValueAsync("");

        // The lines before the last hold the secret half; each must be nowhere, as text or as bytes.
        Assert.DoesNotContain("PRIVATE KEY", _server.Output, StringComparison.Ordinal);
        foreach (var line in secret.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..^1])
        {
            Assert.DoesNotContain(line, _server.Output, StringComparison.Ordinal);
            Assert.Empty(await TablesWithAsync(line));
        }

        // The search itself finds what is there.
        Assert.NotEmpty(await TablesWithAsync(customer.Email));
    }

    [Fact]
    public async Task The_last_device_that_fits_is_named_like_the_first()
    {
        var customer = await AtDevicesAsync([]);

        await customer.PasteKeyAsync(Keygen.New("-t", "ed25519").Public, "My phone");
        await customer.PasteKeyAsync(Keygen.New("-t", "ed25519").Public, "My laptop");

        await Expect(customer.Page.GetByLabel("Your devices").GetByText("My laptop")).ToBeVisibleAsync();
        await Expect(customer.Page.GetByRole(AriaRole.Tab)).ToHaveCountAsync(0);
    }

    private static async Task LookUpAsync(IPage page, string handle)
    {
        await page.GetByRole(AriaRole.Textbox, new() { Name = "ssh.id code" }).FillAsync(handle);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add device", Exact = true }).ClickAsync();
    }

    private async Task<Customer> AtDevicesAsync(ICollection<string> errors)
    {
        var customer = new Customer(await Browser.NewPageAsync(errors), _server);
        await customer.SignUpAsync();
        await customer.ChooseAddressAsync();
        await customer.ChooseProfileAsync();
        return customer;
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_server.ConnectionString);
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Every row of every table as text, where bytes are spelled in hexadecimal.</summary>
    private async Task<IReadOnlyList<string>> TablesWithAsync(string needle)
    {
        await using var source = NpgsqlDataSource.Create(_server.ConnectionString);
        var tables = new List<string>();
        await using (var list = source.CreateCommand("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        var found = new List<string>();
        foreach (var table in tables)
        {
            await using var search = source.CreateCommand($"select exists (select from {table} r where position($1 in r::text) > 0 or position(encode(convert_to($1, 'UTF8'), 'hex') in r::text) > 0)");
            search.Parameters.Add(new() { Value = needle });
            if ((bool)(await search.ExecuteScalarAsync())!)
            {
                found.Add(table);
            }
        }

        return found;
    }
}
