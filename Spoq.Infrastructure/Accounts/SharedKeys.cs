using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Accounts;

/// <summary>The keys that protect cookies and form tokens: shared by all nodes, encrypted in the table.</summary>
internal static class SharedKeys
{
    public static void AddSharedKeys(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("Spoq");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(options =>
        {
            options.XmlRepository = new SharedKeyRepository(provider.GetRequiredService<IDbContextFactory<SpoqDbContext>>());
            options.XmlEncryptor = new SealedXml(provider);
        }));
    }
}

internal sealed class SharedKeyRepository(IDbContextFactory<SpoqDbContext> contexts) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var db = contexts.CreateDbContext();
        return [.. db.Set<DataProtectionKey>().AsNoTracking().Select(key => key.Xml).AsEnumerable().Select(xml => XElement.Parse(xml))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var db = contexts.CreateDbContext();
        db.Add(new DataProtectionKey(Guid.CreateVersion7(), friendlyName, element.ToString(SaveOptions.DisableFormatting)));
        db.SaveChanges();
    }
}

/// <summary>The framework finds the decryptor by its type name in the stored key, and makes it with the services.</summary>
internal sealed class SealedXml(IServiceProvider services) : IXmlEncryptor, IXmlDecryptor
{
    private const string Purpose = "data-protection";

    private SecretBox Secrets => services.GetRequiredService<SecretBox>();

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var bytes = Secrets.Seal(System.Text.Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting)), Purpose);
        return new EncryptedXmlInfo(new XElement("sealed", Convert.ToBase64String(bytes)), typeof(SealedXml));
    }

    public XElement Decrypt(XElement encryptedElement) =>
        XElement.Parse(System.Text.Encoding.UTF8.GetString(Secrets.Open(Convert.FromBase64String(encryptedElement.Value), Purpose)));
}

internal sealed class DataProtectionKey(Guid id, string friendlyName, string xml)
{
    public Guid Id { get; private set; } = id;

    public string FriendlyName { get; private set; } = friendlyName;

    public string Xml { get; private set; } = xml;
}

internal sealed class DataProtectionKeyTable : IEntityTypeConfiguration<DataProtectionKey>
{
    public void Configure(EntityTypeBuilder<DataProtectionKey> builder)
    {
        builder.ToTable("data_protection_keys");
        builder.Property(key => key.Id).ValueGeneratedNever();
    }
}
